-- title: Most played songs
-- section: Music
-- answers: The songs of the catalogue that are played most. Plays that match no song of it cannot
--   be counted here.
-- chart: bars title plays
-- overview: limit=5
-- param: limit number 10 How many songs
SELECT s.title, a.name AS artist, p.plays, p.listeners
FROM (
  SELECT song_id, SUM(plays) AS plays, COUNT(*) AS listeners
  FROM (
    SELECT song_id, user_id, COUNT(*) AS plays
    FROM :"star_schema".songplays
    WHERE song_id IS NOT NULL
    GROUP BY song_id, user_id
  ) by_listener
  GROUP BY song_id
) p
JOIN :"star_schema".songs s ON s.song_id = p.song_id
LEFT JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
ORDER BY p.plays DESC, s.title, p.song_id
LIMIT :limit;
