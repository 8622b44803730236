-- title: Next anniversaries
-- section: Listeners
-- answers: Whose anniversary comes next, counted from the day of the latest play. The data hold no
--   birth dates: the day of registration stands in.
-- chart: table
-- param: limit number 10 How many listeners
-- Of users the current rows: those for which :users_current is true. The day of registration is in
-- staging only.
SELECT n.anniversary, n.years, n.user_id,
       TRIM(COALESCE(u.first_name, '') || ' ' || COALESCE(u.last_name, '')) AS listener,
       n.registered
FROM (
  SELECT user_id, registered,
         -- The day of registration itself is no anniversary.
         CASE WHEN this_year < today OR years = 0 THEN years + 1 ELSE years END AS years,
         CAST(CASE WHEN this_year < today OR years = 0 THEN DATEADD(year, years + 1, registered)
                   ELSE this_year END AS DATE) AS anniversary
  FROM (
    SELECT user_id, registered, today,
           CAST(DATEDIFF(year, registered, today) AS INTEGER) AS years,
           DATEADD(year, CAST(DATEDIFF(year, registered, today) AS INTEGER), registered)
             AS this_year
    FROM (
      SELECT user_id, CAST(:'latest_day' AS DATE) AS today,
             CAST(DATEADD(day, CAST(FLOOR(MAX(registration) / 86400000) AS INTEGER), '1970-01-01')
                  AS DATE) AS registered
      FROM :"stage_schema".staging_events
      WHERE user_id IS NOT NULL AND registration IS NOT NULL
      GROUP BY user_id
    ) r
  ) dated
) n
JOIN (SELECT * FROM :"star_schema".users WHERE :users_current) u ON u.user_id = n.user_id
ORDER BY n.anniversary, n.user_id
LIMIT :limit;
