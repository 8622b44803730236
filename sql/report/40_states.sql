-- title: Plays by state
-- section: Places
-- answers: Where the listening happens. A metropolitan area that reaches into several states counts
--   for the first, that of its main city.
-- chart: states state plays
-- param: limit number 60 How many states
SELECT state, SUM(plays) AS plays, COUNT(*) AS listeners
FROM (
  SELECT state, user_id, SUM(plays) AS plays
  FROM (
    SELECT COALESCE(NULLIF(TRIM(SPLIT_PART(SPLIT_PART(location, ',', 2), '-', 1)), ''), 'unknown')
             AS state,
           user_id, plays
    FROM (
      SELECT location, user_id, COUNT(*) AS plays
      FROM :"star_schema".songplays
      GROUP BY location, user_id
    ) by_place
  ) placed
  GROUP BY state, user_id
) by_listener
GROUP BY state
ORDER BY plays DESC, state
LIMIT :limit;
