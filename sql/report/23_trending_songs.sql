-- title: Trending songs
-- section: Music
-- answers: Songs played more in the last seven days than in the seven before. The last day is that
--   of the latest play, whatever today's date is.
-- chart: bars title this_week last_week
-- param: limit number 10 How many songs
SELECT s.title, a.name AS artist, w.this_week, w.last_week, w.this_week - w.last_week AS more
FROM (
  SELECT song_id,
         SUM(CASE WHEN start_time < CAST(:'latest_day' AS DATE) - 6 THEN 0 ELSE 1 END) AS this_week,
         SUM(CASE WHEN start_time < CAST(:'latest_day' AS DATE) - 6 THEN 1 ELSE 0 END) AS last_week
  FROM :"star_schema".songplays
  WHERE song_id IS NOT NULL AND start_time >= CAST(:'latest_day' AS DATE) - 13
  GROUP BY song_id
) w
JOIN :"star_schema".songs s ON s.song_id = w.song_id
LEFT JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
WHERE w.this_week > w.last_week
ORDER BY more DESC, w.this_week DESC, s.title, w.song_id
LIMIT :limit;
