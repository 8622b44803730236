-- song_id is the key of songs.
SELECT song_id, COUNT(*) AS copies
FROM :"star_schema".songs
GROUP BY song_id
HAVING COUNT(*) > 1
LIMIT 100;
