-- title: Plays by metropolitan area
-- section: Places
-- answers: The areas where most songs are played: where a campaign would be heard.
-- chart: bars area plays
-- param: limit number 10 How many areas
SELECT COALESCE(location, 'unknown') AS area, SUM(plays) AS plays, COUNT(*) AS listeners,
       ROUND(100 * CAST(SUM(paid) AS DOUBLE PRECISION) / SUM(plays), 1) AS paid_percent
FROM (
  SELECT location, user_id, COUNT(*) AS plays,
         SUM(CASE WHEN level = 'paid' THEN 1 ELSE 0 END) AS paid
  FROM :"star_schema".songplays
  GROUP BY location, user_id
) by_listener
GROUP BY location
ORDER BY plays DESC, area
LIMIT :limit;
