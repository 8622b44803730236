-- Notes the songs of what was loaded just now.
INSERT INTO :"stage_schema".delta_songs (song_id, artist_id, title, artist_name, duration)
SELECT song_id, artist_id, title, artist_name, duration
FROM :"stage_schema".staging_songs
WHERE load_id >= :first_load;
