-- title: Trending songs
-- section: Music
-- answers: Songs played more in the last seven days than in the seven before. The last day is that
--   of the latest play, whatever today's date is.
-- chart: bars title this_week last_week
-- param: limit number 10 How many songs
-- The latest day first, alone: then a warehouse that keeps plays about in the order of time need not
-- look at those of other weeks.
WITH latest AS (
  SELECT CAST(MAX(start_time) AS DATE) AS day
  FROM :"star_schema".songplays
), weeks AS (
  SELECT song_id,
         SUM(CASE WHEN start_time < (SELECT day - 6 FROM latest) THEN 0 ELSE 1 END) AS this_week,
         SUM(CASE WHEN start_time < (SELECT day - 6 FROM latest) THEN 1 ELSE 0 END) AS last_week
  FROM :"star_schema".songplays
  WHERE song_id IS NOT NULL
    AND start_time >= (SELECT day - 13 FROM latest)
    AND start_time < (SELECT day + 1 FROM latest)
  GROUP BY song_id
)
SELECT s.title, a.name AS artist, w.this_week, w.last_week, w.this_week - w.last_week AS more
FROM weeks w
JOIN :"star_schema".songs s ON s.song_id = w.song_id
LEFT JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
WHERE w.this_week > w.last_week
ORDER BY more DESC, w.this_week DESC, s.title, w.song_id
LIMIT :limit;
