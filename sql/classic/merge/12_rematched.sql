-- Plays that match a song which came or went, however old they are, are touched too.
INSERT INTO :"stage_schema".delta_plays (ts, user_id)
SELECT e.ts, e.user_id
FROM :"stage_schema".staging_events e
JOIN (
  SELECT DISTINCT RTRIM(title) AS title, RTRIM(artist_name) AS artist_name, duration
  FROM :"stage_schema".delta_songs
) s ON RTRIM(e.song) = s.title AND RTRIM(e.artist) = s.artist_name AND e.length = s.duration
WHERE e.page = 'NextSong';
