-- title: Browsers
-- section: Devices
-- answers: Which browsers people listen with.
-- chart: bars browser plays
-- The order counts: an Edge calls itself Chrome, and a Chrome Safari.
SELECT browser, SUM(plays) AS plays, COUNT(*) AS listeners
FROM (
  SELECT browser, user_id, SUM(plays) AS plays
  FROM (
    SELECT CASE WHEN user_agent IS NULL THEN 'unknown'
                WHEN user_agent LIKE '%Edg%' THEN 'Edge'
                WHEN user_agent LIKE '%OPR/%' THEN 'Opera'
                WHEN user_agent LIKE '%Firefox/%' THEN 'Firefox'
                WHEN user_agent LIKE '%FxiOS/%' THEN 'Firefox'
                WHEN user_agent LIKE '%Chrome/%' THEN 'Chrome'
                WHEN user_agent LIKE '%CriOS/%' THEN 'Chrome'
                WHEN user_agent LIKE '%MSIE %' THEN 'Internet Explorer'
                WHEN user_agent LIKE '%Trident/%' THEN 'Internet Explorer'
                WHEN user_agent LIKE '%Safari/%' THEN 'Safari'
                ELSE 'other' END AS browser,
           user_id, plays
    FROM (
      SELECT user_agent, user_id, COUNT(*) AS plays
      FROM :"star_schema".songplays
      GROUP BY user_agent, user_id
    ) by_agent
  ) named
  GROUP BY browser, user_id
) by_listener
GROUP BY browser
ORDER BY plays DESC, browser;
