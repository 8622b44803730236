-- Moments at which there was more than one play: only there a play can be in the source twice, and
-- to look for that among few rows costs next to nothing.
DELETE FROM :"stage_schema".delta_plays;

INSERT INTO :"stage_schema".delta_plays (ts)
SELECT ts
FROM :"stage_schema".staging_events
WHERE page = 'NextSong'
GROUP BY ts
HAVING COUNT(*) > 1;
