-- title: Plays by day
-- section: Overview
-- answers: How many songs are played each day (UTC), free and paid, and by how many listeners.
-- chart: line day free paid
-- param: limit number 92 How many of the latest days with plays
SELECT day, plays, free, paid, listeners
FROM (
  SELECT day, SUM(plays) AS plays, SUM(plays) - SUM(paid) AS free, SUM(paid) AS paid,
         COUNT(*) AS listeners
  FROM (
    SELECT CAST(start_time AS DATE) AS day, user_id, COUNT(*) AS plays,
           SUM(CASE WHEN level = 'paid' THEN 1 ELSE 0 END) AS paid
    FROM :"star_schema".songplays
    GROUP BY CAST(start_time AS DATE), user_id
  ) by_listener
  GROUP BY day
  ORDER BY day DESC
  LIMIT :limit
) latest
ORDER BY day;
