-- The users as they were at the end of a day: WHERE as_of = DATE '2018-11-15'. Days go from 1990,
-- before which there are no plays, to today.
CREATE VIEW :"star_schema".users_as_of AS
WITH digits AS (
  SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4
  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9
),
days AS (
  SELECT DATE '1990-01-01' + (a.n + 10 * b.n + 100 * c.n + 1000 * d.n + 10000 * e.n) AS as_of
  FROM digits a
  CROSS JOIN digits b
  CROSS JOIN digits c
  CROSS JOIN digits d
  CROSS JOIN digits e
)
SELECT days.as_of, u.user_key, u.user_id, u.first_name, u.last_name, u.gender, u.level,
       u.valid_from, u.valid_to, u.is_current
FROM days
JOIN :"star_schema".users u ON u.valid_from < days.as_of + 1 AND u.valid_to >= days.as_of + 1
WHERE days.as_of <= CURRENT_DATE;
