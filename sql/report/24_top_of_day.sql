-- title: Top songs of a day
-- section: Music
-- answers: The songs of the catalogue played most on one day (UTC); without a day, on the latest on
--   which there are plays.
-- chart: bars title plays
-- param: limit number 10 How many songs
-- param: day date '' The day, as 2018-11-30
SELECT d.day, s.title, a.name AS artist, d.plays
FROM (
  SELECT song_id, CAST(start_time AS DATE) AS day, COUNT(*) AS plays
  FROM :"star_schema".songplays
  WHERE start_time >= CAST(COALESCE(NULLIF(:'day', ''), :'latest_day') AS DATE)
    AND start_time < CAST(COALESCE(NULLIF(:'day', ''), :'latest_day') AS DATE) + 1
  GROUP BY song_id, CAST(start_time AS DATE)
) d
JOIN :"star_schema".songs s ON s.song_id = d.song_id
LEFT JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
ORDER BY d.plays DESC, s.title, d.song_id
LIMIT :limit;
