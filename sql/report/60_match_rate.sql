-- title: Plays that match the catalogue
-- section: Health
-- answers: How many plays of each day find their song in the catalogue by title, artist, length.
-- chart: line day matched_percent
-- param: limit number 92 How many of the latest days with plays
SELECT day, plays, matched,
       ROUND(100 * CAST(matched AS DOUBLE PRECISION) / plays, 1) AS matched_percent
FROM (
  SELECT CAST(start_time AS DATE) AS day, COUNT(*) AS plays, COUNT(song_id) AS matched
  FROM :"star_schema".songplays
  GROUP BY CAST(start_time AS DATE)
  ORDER BY day DESC
  LIMIT :limit
) latest
ORDER BY day;
