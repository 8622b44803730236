-- start_time is the key of time. Counting is much cheaper here than grouping: nearly every row is a key.
SELECT COUNT(*) AS rows_held, COUNT(DISTINCT start_time) AS keys_held
FROM :"star_schema".time
WHERE start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
HAVING COUNT(*) <> COUNT(DISTINCT start_time);
