-- Takes the rows of objects that are about to be loaded anew out of staging, and notes their plays.
INSERT INTO :"stage_schema".delta_plays (ts, user_id)
SELECT ts, user_id
FROM :"stage_schema".staging_events
WHERE load_id IN (:loads) AND page = 'NextSong';

DELETE FROM :"stage_schema".staging_events WHERE load_id IN (:loads);
