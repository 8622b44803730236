-- Takes the rows of objects that are about to be loaded anew out of staging, and notes their songs.
INSERT INTO :"stage_schema".delta_songs (song_id, artist_id, title, artist_name, duration)
SELECT song_id, artist_id, title, artist_name, duration
FROM :"stage_schema".staging_songs
WHERE load_id IN (:loads);

DELETE FROM :"stage_schema".staging_songs WHERE load_id IN (:loads);
