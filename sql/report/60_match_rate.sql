-- title: Plays that match the catalogue
-- section: Health
-- answers: How many plays of each day find their song in the catalogue by title, artist, length.
-- chart: line day matched_percent
-- param: limit number 92 How many days, up to that of the latest play
SELECT day, plays, matched,
       ROUND(100 * CAST(matched AS DOUBLE PRECISION) / plays, 1) AS matched_percent
FROM (
  SELECT CAST(start_time AS DATE) AS day, COUNT(*) AS plays, COUNT(song_id) AS matched
  FROM :"star_schema".songplays
  -- No more than the calendar has.
  WHERE start_time >= CAST(:'latest_day' AS DATE) + 1 - CAST(LEAST(:limit, 1000000) AS INTEGER)
  GROUP BY CAST(start_time AS DATE)
) by_day
ORDER BY day;
