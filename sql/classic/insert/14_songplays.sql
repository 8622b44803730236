-- Every NextSong event is a play; one that the source repeats is one play (13_repeated.sql). It
-- matches a song on title, artist name and length; a play that matches none stays, with NULL song and
-- artist. Should two songs share all three, the smaller song_id counts, so that no play is doubled.
-- RTRIM: Redshift ignores trailing blanks in comparisons, PostgreSQL does not.
DELETE FROM :"star_schema".songplays;

INSERT INTO :"star_schema".songplays
  (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent,
   item_in_session)
SELECT e.ts, e.user_id, e.level, s.song_id, s.artist_id, e.session_id, e.location, e.user_agent,
       e.item_in_session
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
