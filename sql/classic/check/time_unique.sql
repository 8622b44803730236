-- start_time is the key of time.
SELECT start_time, COUNT(*) AS copies
FROM :"star_schema".time
GROUP BY start_time
HAVING COUNT(*) > 1
LIMIT 100;
