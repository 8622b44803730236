-- The artists of songs that came or went, by the rule of insert/12_artists.sql.
DELETE FROM :"star_schema".artists
WHERE artist_id IN (SELECT artist_id FROM :"stage_schema".delta_songs);

INSERT INTO :"star_schema".artists (artist_id, name, location, latitude, longitude)
SELECT artist_id, artist_name, artist_location, artist_latitude, artist_longitude
FROM (
  SELECT artist_id, artist_name, artist_location, artist_latitude, artist_longitude,
         ROW_NUMBER() OVER (PARTITION BY artist_id
                            ORDER BY year DESC, song_id DESC, artist_name, artist_location,
                                     artist_latitude, artist_longitude) AS rank
  FROM :"stage_schema".staging_songs
  WHERE artist_id IN (SELECT artist_id FROM :"stage_schema".delta_songs)
) ranked
WHERE rank = 1;
