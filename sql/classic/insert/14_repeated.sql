-- The plays at moments at which there was more than one, each once: only there a play can be in the
-- source twice, and to look for that among few rows costs next to nothing. In order, so that finding
-- those moments is one sort of rows that are nearly sorted.
DELETE FROM :"stage_schema".delta_plays;

INSERT INTO :"stage_schema".delta_plays (ts, user_id)
SELECT ts, user_id
FROM (
  SELECT DISTINCT ts, user_id, session_id, item_in_session
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
) plays;
