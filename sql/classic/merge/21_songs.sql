-- The songs that came or went, by the rule of insert/11_songs.sql.
DELETE FROM :"star_schema".songs
WHERE song_id IN (SELECT song_id FROM :"stage_schema".delta_songs);

INSERT INTO :"star_schema".songs (song_id, title, artist_id, year, duration)
SELECT song_id, title, artist_id, year, duration
FROM (
  SELECT song_id, title, artist_id, year, duration,
         ROW_NUMBER() OVER (PARTITION BY song_id
                            ORDER BY year DESC, title, artist_id, duration) AS rank
  FROM :"stage_schema".staging_songs
  WHERE song_id IN (SELECT song_id FROM :"stage_schema".delta_songs)
) ranked
WHERE rank = 1;
