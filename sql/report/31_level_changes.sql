-- title: Changes of level
-- section: Listeners
-- answers: How many listeners went from free to paid, or back, on each day (UTC), by the levels of
--   their plays one after another.
-- chart: columns day upgrades downgrades
-- param: limit number 92 How many of the latest days with a change
SELECT day, upgrades, downgrades
FROM (
  SELECT CAST(start_time AS DATE) AS day,
         SUM(CASE WHEN level = 'paid' THEN 1 ELSE 0 END) AS upgrades,
         SUM(CASE WHEN level = 'paid' THEN 0 ELSE 1 END) AS downgrades
  FROM (
    SELECT p.start_time, p.level,
           LAG(p.level) OVER (PARTITION BY p.user_id
                              ORDER BY p.start_time, p.session_id, p.level) AS level_before
    FROM :"star_schema".songplays p
    -- Most listeners never change: only those who do are sorted.
    JOIN (
      SELECT user_id
      FROM (
        SELECT user_id, level
        FROM :"star_schema".songplays
        WHERE level IS NOT NULL
        GROUP BY user_id, level
      ) held
      GROUP BY user_id
      HAVING COUNT(*) > 1
    ) changed ON changed.user_id = p.user_id
  ) ordered
  WHERE level <> level_before
  GROUP BY CAST(start_time AS DATE)
  ORDER BY day DESC
  LIMIT :limit
) latest
ORDER BY day;
