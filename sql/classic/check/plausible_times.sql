-- Plays are neither older than digital music nor later than tomorrow.
SELECT start_time, COUNT(*) AS plays
FROM :"star_schema".songplays
WHERE start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
  AND (start_time < TIMESTAMP '1990-01-01 00:00:00'
    OR start_time > CAST(:'run_time' AS TIMESTAMP) + INTERVAL '1 day')
GROUP BY start_time
LIMIT 100;
