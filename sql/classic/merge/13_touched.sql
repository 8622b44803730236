-- The time that all touched plays span, now that more of them are known.
SELECT COALESCE(MIN(ts), TIMESTAMP '1970-01-01 00:00:00') AS touched_from,
       COALESCE(MAX(ts), TIMESTAMP '1970-01-01 00:00:00') AS touched_to
FROM :"stage_schema".delta_plays;
