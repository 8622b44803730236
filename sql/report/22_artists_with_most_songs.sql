-- title: Artists with most songs
-- section: Music
-- answers: Whom the catalogue holds most songs of, played or not.
-- chart: bars artist songs
-- param: limit number 10 How many artists
SELECT a.name AS artist, s.songs, s.first_year, s.last_year
FROM (
  SELECT artist_id, COUNT(*) AS songs, MIN(NULLIF(year, 0)) AS first_year,
         MAX(NULLIF(year, 0)) AS last_year
  FROM :"star_schema".songs
  GROUP BY artist_id
) s
JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
ORDER BY s.songs DESC, a.name, s.artist_id
LIMIT :limit;
