-- songplay_id is the key of songplays. Counting is much cheaper here than grouping: nearly every row is a key.
SELECT COUNT(*) AS rows_held, COUNT(DISTINCT songplay_id) AS keys_held
FROM :"star_schema".songplays
WHERE start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
HAVING COUNT(*) <> COUNT(DISTINCT songplay_id);
