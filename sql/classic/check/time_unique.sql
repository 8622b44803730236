-- start_time is the key of time. Counting is much cheaper here than grouping: nearly every row is a key.
SELECT COUNT(*) AS rows_held, COUNT(DISTINCT start_time) AS keys_held
FROM :"star_schema".time
HAVING COUNT(*) <> COUNT(DISTINCT start_time);
