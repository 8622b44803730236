-- title: Trending songs
-- section: Music
-- answers: Songs played more in the last seven days than in the seven before. The last day is that
--   of the latest play, whatever today's date is.
-- chart: bars title this_week last_week
-- param: limit number 10 How many songs
WITH by_day AS (
  -- Plays without a song stay in: the latest of all plays says which week this is.
  SELECT song_id, CAST(start_time AS DATE) AS day, COUNT(*) AS plays
  FROM :"star_schema".songplays
  GROUP BY song_id, CAST(start_time AS DATE)
), weeks AS (
  SELECT d.song_id,
         SUM(CASE WHEN d.day > DATEADD(day, -7, l.day) THEN d.plays ELSE 0 END) AS this_week,
         SUM(CASE WHEN d.day > DATEADD(day, -7, l.day) THEN 0 ELSE d.plays END) AS last_week
  FROM by_day d
  CROSS JOIN (SELECT MAX(day) AS day FROM by_day) l
  WHERE d.song_id IS NOT NULL AND d.day > DATEADD(day, -14, l.day)
  GROUP BY d.song_id
)
SELECT s.title, a.name AS artist, w.this_week, w.last_week, w.this_week - w.last_week AS more
FROM weeks w
JOIN :"star_schema".songs s ON s.song_id = w.song_id
LEFT JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
WHERE w.this_week > w.last_week
ORDER BY more DESC, w.this_week DESC, s.title, w.song_id
LIMIT :limit;
