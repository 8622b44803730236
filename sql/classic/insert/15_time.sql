-- Every distinct moment of a play. In order, so that finding the distinct ones is one sort of rows
-- that are nearly sorted, and so that the table is stored in the order of its sort key. Last, for the
-- local engine takes them apart and sorts them while it writes the plays.
DELETE FROM :"star_schema".time;

INSERT INTO :"star_schema".time (start_time, hour, day, week, month, year, weekday)
SELECT DISTINCT
       ts,
       CAST(EXTRACT(hour FROM ts) AS INTEGER),
       CAST(EXTRACT(day FROM ts) AS INTEGER),
       CAST(EXTRACT(week FROM ts) AS INTEGER),
       CAST(EXTRACT(month FROM ts) AS INTEGER),
       CAST(EXTRACT(year FROM ts) AS INTEGER),
       CAST(EXTRACT(dow FROM ts) AS INTEGER)
FROM :"stage_schema".staging_events
WHERE page = 'NextSong'
ORDER BY ts;
