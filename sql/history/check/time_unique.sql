-- time_key is the key of time.
SELECT time_key, COUNT(*) AS copies
FROM :"star_schema".time
GROUP BY time_key
HAVING COUNT(*) > 1
LIMIT 100;
