-- title: Most played artists
-- section: Music
-- answers: The artists of the catalogue whose songs are played most, and how many songs of theirs.
-- chart: bars artist plays
-- overview: limit=5
-- param: limit number 10 How many artists
SELECT a.name AS artist, p.plays, p.songs_played
FROM (
  SELECT artist_id, SUM(plays) AS plays, COUNT(*) AS songs_played
  FROM (
    SELECT artist_id, song_id, COUNT(*) AS plays
    FROM :"star_schema".songplays
    WHERE artist_id IS NOT NULL
    GROUP BY artist_id, song_id
  ) by_song
  GROUP BY artist_id
) p
JOIN :"star_schema".artists a ON a.artist_id = p.artist_id
ORDER BY p.plays DESC, a.name, p.artist_id
LIMIT :limit;
