-- The plays at moments at which there was more than one: only there a play can be in the source
-- twice, and to look for that among few rows costs next to nothing. Each once; of records that differ
-- in what they say of a play the first in a fixed order counts. The moments in order, so that finding
-- them is one sort of rows that are nearly sorted.
DELETE FROM :"stage_schema".repeated_plays;

INSERT INTO :"stage_schema".repeated_plays
  (ts, user_id, session_id, item_in_session, level, song, artist, length, location, user_agent)
SELECT ts, user_id, session_id, item_in_session, level, song, artist, length, location, user_agent
FROM (
  SELECT ts, user_id, session_id, item_in_session, level, song, artist, length, location, user_agent,
         ROW_NUMBER() OVER (PARTITION BY ts, user_id, session_id, item_in_session
                            ORDER BY level DESC, song, artist, length, location, user_agent) AS rank
  FROM :"stage_schema".staging_events
  WHERE page = 'NextSong' AND ts IN (
    SELECT ts
    FROM (
      SELECT ts
      FROM :"stage_schema".staging_events
      WHERE page = 'NextSong'
      ORDER BY ts
    ) ordered
    GROUP BY ts
    HAVING COUNT(*) > 1
  )
) ranked
WHERE rank = 1;
