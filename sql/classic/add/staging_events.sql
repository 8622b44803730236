-- Notes the plays of what was loaded just now.
INSERT INTO :"stage_schema".delta_plays (ts, user_id)
SELECT ts, user_id
FROM :"stage_schema".staging_events
WHERE load_id >= :first_load AND page = 'NextSong';
