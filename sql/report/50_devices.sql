-- title: Devices
-- section: Devices
-- answers: What people listen with, as their browser names it.
-- chart: bars device plays
-- The order counts: an Android says that it is a Linux.
SELECT device, SUM(plays) AS plays, COUNT(*) AS listeners
FROM (
  SELECT device, user_id, SUM(plays) AS plays
  FROM (
    SELECT CASE WHEN user_agent IS NULL THEN 'unknown'
                WHEN user_agent LIKE '%iPhone%' THEN 'iPhone'
                WHEN user_agent LIKE '%iPad%' THEN 'iPad'
                WHEN user_agent LIKE '%Android%' THEN 'Android'
                WHEN user_agent LIKE '%Windows%' THEN 'Windows'
                WHEN user_agent LIKE '%Macintosh%' THEN 'Mac'
                WHEN user_agent LIKE '%Linux%' THEN 'Linux'
                ELSE 'other' END AS device,
           user_id, plays
    FROM (
      SELECT user_agent, user_id, COUNT(*) AS plays
      FROM :"star_schema".songplays
      GROUP BY user_agent, user_id
    ) by_agent
  ) named
  GROUP BY device, user_id
) by_listener
GROUP BY device
ORDER BY plays DESC, device;
