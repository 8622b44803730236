-- The time that the plays which came, went or changed span, for the statements that follow: a
-- warehouse keeps rows about in the order of time and so need not look at the others.
SELECT COALESCE(MIN(ts), TIMESTAMP '1970-01-01 00:00:00') AS touched_from,
       COALESCE(MAX(ts), TIMESTAMP '1970-01-01 00:00:00') AS touched_to
FROM :"stage_schema".delta_plays;
