-- title: Top songs of a day
-- section: Music
-- answers: The songs of the catalogue played most on one day (UTC); without a day, on the latest on
--   which there are plays.
-- chart: bars title plays
-- param: limit number 10 How many songs
-- param: day date '' The day, as 2018-11-30
-- The latest day first, alone: then a warehouse that keeps plays about in the order of time need not
-- look at those of other days.
WITH chosen AS (
  SELECT COALESCE(CAST(NULLIF(:'day', '') AS DATE), CAST(MAX(start_time) AS DATE)) AS day
  FROM :"star_schema".songplays
)
SELECT d.day, s.title, a.name AS artist, d.plays
FROM (
  SELECT song_id, CAST(start_time AS DATE) AS day, COUNT(*) AS plays
  FROM :"star_schema".songplays
  WHERE start_time >= (SELECT day FROM chosen)
    AND start_time < (SELECT day + 1 FROM chosen)
  GROUP BY song_id, CAST(start_time AS DATE)
) d
JOIN :"star_schema".songs s ON s.song_id = d.song_id
LEFT JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
ORDER BY d.plays DESC, s.title, d.song_id
LIMIT :limit;
