-- The touched plays, by the rules of insert/13_songplays.sql: those that are still in staging, as
-- they are there now. A play without a session or item is told from others as one with number -1.
DELETE FROM :"star_schema".songplays
USING (
  SELECT DISTINCT ts, user_id, COALESCE(session_id, -1) AS session_id,
         COALESCE(item_in_session, -1) AS item_in_session
  FROM :"stage_schema".delta_plays
) touched
WHERE songplays.start_time = touched.ts
  AND songplays.user_id = touched.user_id
  AND COALESCE(songplays.session_id, -1) = touched.session_id
  AND COALESCE(songplays.item_in_session, -1) = touched.item_in_session
  AND songplays.start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP)
                               AND CAST(:'touched_to' AS TIMESTAMP);

INSERT INTO :"star_schema".songplays
  (start_time, user_id, level, song_id, artist_id, session_id, location, user_agent,
   item_in_session)
SELECT e.ts, e.user_id, e.level, s.song_id, s.artist_id, e.session_id, e.location, e.user_agent,
       e.item_in_session
FROM (
  SELECT p.ts, p.user_id, p.level, p.song, p.artist, p.length, p.session_id, p.location,
         p.user_agent, p.item_in_session,
         ROW_NUMBER() OVER (PARTITION BY p.ts, p.user_id, p.session_id, p.item_in_session
                            ORDER BY p.level DESC, p.song, p.artist, p.length, p.location,
                                     p.user_agent) AS rank
  FROM :"stage_schema".staging_events p
  JOIN (
    SELECT DISTINCT ts, COALESCE(user_id, -1) AS user_id, COALESCE(session_id, -1) AS session_id,
           COALESCE(item_in_session, -1) AS item_in_session
    FROM :"stage_schema".delta_plays
  ) touched ON p.ts = touched.ts
           AND COALESCE(p.user_id, -1) = touched.user_id
           AND COALESCE(p.session_id, -1) = touched.session_id
           AND COALESCE(p.item_in_session, -1) = touched.item_in_session
  WHERE p.page = 'NextSong'
    AND p.ts BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
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
) s ON RTRIM(e.song) = s.title AND RTRIM(e.artist) = s.artist_name AND e.length = s.duration
WHERE e.rank = 1;
