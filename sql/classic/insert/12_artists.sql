-- One row per artist_id, with the values of the artist's latest song: the newest year, among those
-- the greatest song_id. (A song file bears no date of its own.)
DELETE FROM :"star_schema".artists;

INSERT INTO :"star_schema".artists (artist_id, name, location, latitude, longitude)
SELECT artist_id, artist_name, artist_location, artist_latitude, artist_longitude
FROM (
  SELECT artist_id, artist_name, artist_location, artist_latitude, artist_longitude,
         ROW_NUMBER() OVER (PARTITION BY artist_id
                            ORDER BY year DESC, song_id DESC, artist_name, artist_location,
                                     artist_latitude, artist_longitude) AS rank
  FROM :"stage_schema".staging_songs
) ranked
WHERE rank = 1;
