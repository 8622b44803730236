-- Every play has a time and a user as they were then, and every key it holds stands in its dimension.
SELECT p.songplay_id, p.start_time, p.user_id, p.user_key, p.song_id, p.artist_id,
       CASE WHEN p.user_id IS NULL THEN 'no user'
            WHEN u.user_key IS NULL THEN 'unknown user'
            WHEN t.time_key IS NULL THEN 'unknown time'
            WHEN p.song_id IS NOT NULL AND s.song_id IS NULL THEN 'unknown song'
            WHEN p.artist_id IS NOT NULL AND a.artist_id IS NULL THEN 'unknown artist'
            ELSE 'another user or time' END AS problem
FROM :"star_schema".songplays p
LEFT JOIN :"star_schema".users u ON p.user_key = u.user_key
LEFT JOIN :"star_schema".time t ON p.time_key = t.time_key
LEFT JOIN :"star_schema".songs s ON p.song_id = s.song_id
LEFT JOIN :"star_schema".artists a ON p.artist_id = a.artist_id
WHERE p.start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
  AND (p.user_id IS NULL
    OR u.user_key IS NULL
    OR t.time_key IS NULL
    OR u.user_id <> p.user_id
    OR p.start_time < u.valid_from
    OR p.start_time >= u.valid_to
    OR t.start_time <> DATE_TRUNC('hour', p.start_time)
    OR (p.song_id IS NOT NULL AND s.song_id IS NULL)
    OR (p.artist_id IS NOT NULL AND a.artist_id IS NULL))
LIMIT 100;
