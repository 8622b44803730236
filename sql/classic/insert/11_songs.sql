-- One row per song_id. Where two files bear one song_id, the newest year counts, then the order of
-- the other columns: a fixed rule, so that every load gives the same row.
DELETE FROM :"star_schema".songs;

INSERT INTO :"star_schema".songs (song_id, title, artist_id, year, duration)
SELECT song_id, title, artist_id, year, duration
FROM (
  SELECT song_id, title, artist_id, year, duration,
         ROW_NUMBER() OVER (PARTITION BY song_id
                            ORDER BY year DESC, title, artist_id, duration) AS rank
  FROM :"stage_schema".staging_songs
) ranked
WHERE rank = 1;
