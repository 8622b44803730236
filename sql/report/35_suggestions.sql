-- title: Songs to suggest
-- section: Listeners
-- answers: What a listener may like: songs they have not played, of those who have played the same
--   songs. Each such listener's word counts as often as there are songs that both have played.
--   Without a listener: the one who has played most songs of the catalogue.
-- chart: table
-- param: limit number 10 How many songs
-- param: user number 0 The listener's user_id
WITH heard AS (
  SELECT user_id, song_id
  FROM :"star_schema".songplays
  WHERE song_id IS NOT NULL
  GROUP BY user_id, song_id
), chosen AS (
  SELECT user_id
  FROM heard
  WHERE user_id = :user OR :user = 0
  GROUP BY user_id
  ORDER BY COUNT(*) DESC, user_id
  LIMIT 1
), mine AS (
  SELECT h.song_id
  FROM heard h
  JOIN chosen c ON c.user_id = h.user_id
), near AS (
  SELECT h.user_id, COUNT(*) AS shared
  FROM heard h
  JOIN mine m ON m.song_id = h.song_id
  GROUP BY h.user_id
)
SELECT c.user_id AS for_user_id, s.title, a.name AS artist, f.listeners, f.score
FROM (
  SELECT h.song_id, COUNT(*) AS listeners, SUM(n.shared) AS score
  FROM heard h
  JOIN near n ON n.user_id = h.user_id
  LEFT JOIN mine m ON m.song_id = h.song_id
  WHERE m.song_id IS NULL
  GROUP BY h.song_id
) f
CROSS JOIN chosen c
JOIN :"star_schema".songs s ON s.song_id = f.song_id
LEFT JOIN :"star_schema".artists a ON a.artist_id = s.artist_id
ORDER BY f.score DESC, f.listeners DESC, s.title, f.song_id
LIMIT :limit;
