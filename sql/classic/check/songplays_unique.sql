-- songplay_id is the key of songplays.
SELECT songplay_id, COUNT(*) AS copies
FROM :"star_schema".songplays
GROUP BY songplay_id
HAVING COUNT(*) > 1
LIMIT 100;
