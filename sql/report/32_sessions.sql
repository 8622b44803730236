-- title: Length of sessions
-- section: Listeners
-- answers: How long people stay, from the first play of a session to the beginning of its last one,
--   and how many songs they play meanwhile.
-- chart: columns length sessions
SELECT length, sessions, sessions_percent, plays_per_session
FROM (
  SELECT b.bucket, b.sessions,
         CASE b.bucket WHEN 1 THEN 'one play' WHEN 2 THEN 'under 15 min'
                       WHEN 3 THEN '15 to 30 min' WHEN 4 THEN '30 to 60 min'
                       WHEN 5 THEN '1 to 2 h' WHEN 6 THEN '2 to 4 h'
                       ELSE '4 h and more' END AS length,
         ROUND(100 * CAST(b.sessions AS DOUBLE PRECISION) / SUM(b.sessions) OVER (), 1)
           AS sessions_percent,
         ROUND(CAST(b.plays AS DOUBLE PRECISION) / b.sessions, 1) AS plays_per_session
  FROM (
    SELECT bucket, COUNT(*) AS sessions, SUM(plays) AS plays
    FROM (
      SELECT plays,
             CASE WHEN plays = 1 THEN 1
                  WHEN seconds < 900 THEN 2
                  WHEN seconds < 1800 THEN 3
                  WHEN seconds < 3600 THEN 4
                  WHEN seconds < 7200 THEN 5
                  WHEN seconds < 14400 THEN 6
                  ELSE 7 END AS bucket
      FROM (
        SELECT COUNT(*) AS plays, DATEDIFF(second, MIN(start_time), MAX(start_time)) AS seconds
        FROM :"star_schema".songplays
        GROUP BY user_id, session_id
      ) by_session
    ) sorted
    GROUP BY bucket
  ) b
) shown
ORDER BY bucket;
