-- title: Free against paid
-- section: Listeners
-- answers: How much is played at each level, and how many listeners are at it after their latest
--   play.
-- chart: bars level plays
-- overview: yes
-- Of users the current rows: those for which :users_current is true.
SELECT p.level, p.plays,
       ROUND(100 * CAST(p.plays AS DOUBLE PRECISION) / SUM(p.plays) OVER (), 1) AS plays_percent,
       p.listeners, p.sessions,
       ROUND(CAST(p.plays AS DOUBLE PRECISION) / p.sessions, 1) AS plays_per_session,
       COALESCE(u.users_now, 0) AS users_now
FROM (
  SELECT level, SUM(plays) AS plays, COUNT(*) AS listeners, SUM(sessions) AS sessions
  FROM (
    SELECT level, user_id, SUM(plays) AS plays, COUNT(*) AS sessions
    FROM (
      SELECT level, user_id, session_id, COUNT(*) AS plays
      FROM :"star_schema".songplays
      GROUP BY level, user_id, session_id
    ) by_session
    GROUP BY level, user_id
  ) by_listener
  GROUP BY level
) p
LEFT JOIN (
  SELECT level, COUNT(*) AS users_now
  FROM :"star_schema".users
  WHERE :users_current
  GROUP BY level
) u ON u.level = p.level
ORDER BY p.plays DESC, p.level;
