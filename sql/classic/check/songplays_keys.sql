-- Every play has a time and a user, and every key it holds stands in its dimension.
SELECT p.songplay_id, p.start_time, p.user_id, p.song_id, p.artist_id,
       CASE WHEN p.user_id IS NULL THEN 'no user'
            WHEN u.user_id IS NULL THEN 'unknown user'
            WHEN t.start_time IS NULL THEN 'unknown time'
            WHEN p.song_id IS NOT NULL AND s.song_id IS NULL THEN 'unknown song'
            ELSE 'unknown artist' END AS problem
FROM :"star_schema".songplays p
LEFT JOIN :"star_schema".users u ON p.user_id = u.user_id
LEFT JOIN :"star_schema".time t
  ON p.start_time = t.start_time
  AND t.start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
LEFT JOIN :"star_schema".songs s ON p.song_id = s.song_id
LEFT JOIN :"star_schema".artists a ON p.artist_id = a.artist_id
WHERE p.start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
  AND (p.user_id IS NULL
    OR u.user_id IS NULL
    OR t.start_time IS NULL
    OR (p.song_id IS NOT NULL AND s.song_id IS NULL)
    OR (p.artist_id IS NOT NULL AND a.artist_id IS NULL))
LIMIT 100;
