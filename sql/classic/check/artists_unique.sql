-- artist_id is the key of artists.
SELECT artist_id, COUNT(*) AS copies
FROM :"star_schema".artists
GROUP BY artist_id
HAVING COUNT(*) > 1
LIMIT 100;
