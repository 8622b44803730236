-- Every distinct moment of a play. In order, so that finding the distinct ones is one sort of rows
-- that are nearly sorted, and so that the table is stored in the order of its sort key.
DELETE FROM :"star_schema".time;

INSERT INTO :"star_schema".time (start_time, hour, day, week, month, year, weekday)
SELECT start_time,
       CAST(EXTRACT(hour FROM start_time) AS INTEGER),
       CAST(EXTRACT(day FROM start_time) AS INTEGER),
       CAST(EXTRACT(week FROM start_time) AS INTEGER),
       CAST(EXTRACT(month FROM start_time) AS INTEGER),
       CAST(EXTRACT(year FROM start_time) AS INTEGER),
       CAST(EXTRACT(dow FROM start_time) AS INTEGER)
FROM (
  SELECT DISTINCT ts AS start_time
  FROM :"stage_schema".staging_events
  WHERE page = 'NextSong'
  ORDER BY start_time
) plays;
