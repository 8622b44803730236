-- title: Plays by day
-- section: Overview
-- answers: How many songs are played each day (UTC), free and paid, and by how many listeners.
-- chart: line day free paid
-- param: limit number 92 How many days, up to that of the latest play
SELECT day, SUM(plays) AS plays, SUM(plays) - SUM(paid) AS free, SUM(paid) AS paid,
       COUNT(*) AS listeners
FROM (
  SELECT CAST(start_time AS DATE) AS day, user_id, COUNT(*) AS plays,
         SUM(CASE WHEN level = 'paid' THEN 1 ELSE 0 END) AS paid
  FROM :"star_schema".songplays
  -- No more than the calendar has.
  WHERE start_time >= CAST(:'latest_day' AS DATE) + 1 - CAST(LEAST(:limit, 1000000) AS INTEGER)
  GROUP BY CAST(start_time AS DATE), user_id
) by_listener
GROUP BY day
ORDER BY day;
