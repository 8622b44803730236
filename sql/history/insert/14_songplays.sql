-- Every NextSong event is a play, by the rules of sql/classic/insert/14_songplays.sql, with the key of
-- the user as they were at that moment.
DELETE FROM :"star_schema".songplays;

INSERT INTO :"star_schema".songplays
  (start_time, time_key, user_key, user_id, level, song_id, artist_id, session_id, location,
   user_agent, item_in_session)
SELECT e.ts, CAST(TO_CHAR(e.ts, 'YYYYMMDDHH24') AS BIGINT), u.user_key, e.user_id, e.level,
       s.song_id, s.artist_id, e.session_id, e.location, e.user_agent, e.item_in_session
FROM (
  SELECT ts, user_id, level, song, artist, length, session_id, location, user_agent,
         item_in_session
  FROM :"stage_schema".staging_events
  WHERE page = 'NextSong' AND ts NOT IN (SELECT ts FROM :"stage_schema".repeated_plays)
  UNION ALL
  SELECT ts, user_id, level, song, artist, length, session_id, location, user_agent,
         item_in_session
  FROM :"stage_schema".repeated_plays
) e
LEFT JOIN :"star_schema".users u
  ON e.user_id = u.user_id AND e.ts >= u.valid_from AND e.ts < u.valid_to
LEFT JOIN (
  SELECT title, artist_name, duration, song_id, artist_id
  FROM (
    SELECT RTRIM(title) AS title, RTRIM(artist_name) AS artist_name, duration, song_id, artist_id,
           ROW_NUMBER() OVER (PARTITION BY RTRIM(title), RTRIM(artist_name), duration
                              ORDER BY song_id, artist_id) AS rank
    FROM :"stage_schema".staging_songs
  ) ranked
  WHERE rank = 1
) s ON RTRIM(e.song) = s.title AND RTRIM(e.artist) = s.artist_name AND e.length = s.duration;
