-- title: Listeners not seen for long
-- section: Listeners
-- answers: Who has played nothing for a while, longest first. Counted back from the latest play of
--   all, whatever today's date is.
-- chart: table
-- param: limit number 10 How many listeners
-- param: days number 7 Not seen for at least so many days
-- Of users the current rows: those for which :users_current is true.
SELECT p.user_id, TRIM(COALESCE(u.first_name, '') || ' ' || COALESCE(u.last_name, '')) AS listener,
       u.level, CAST(p.last_play AS DATE) AS last_day, p.days_ago, p.plays
FROM (
  SELECT user_id, plays, last_play, DATEDIFF(day, last_play, MAX(last_play) OVER ()) AS days_ago
  FROM (
    SELECT user_id, COUNT(*) AS plays, MAX(start_time) AS last_play
    FROM :"star_schema".songplays
    GROUP BY user_id
  ) by_listener
) p
JOIN (SELECT * FROM :"star_schema".users WHERE :users_current) u ON u.user_id = p.user_id
WHERE p.days_ago >= :days
ORDER BY p.last_play, p.user_id
LIMIT :limit;
