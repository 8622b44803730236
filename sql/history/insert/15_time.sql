-- Every distinct hour of a play.
DELETE FROM :"star_schema".time;

INSERT INTO :"star_schema".time
  (time_key, start_time, hour, day, week, month, year, weekday)
SELECT CAST(TO_CHAR(start_time, 'YYYYMMDDHH24') AS BIGINT),
       start_time,
       CAST(EXTRACT(hour FROM start_time) AS INTEGER),
       CAST(EXTRACT(day FROM start_time) AS INTEGER),
       CAST(EXTRACT(week FROM start_time) AS INTEGER),
       CAST(EXTRACT(month FROM start_time) AS INTEGER),
       CAST(EXTRACT(year FROM start_time) AS INTEGER),
       CAST(EXTRACT(dow FROM start_time) AS INTEGER)
FROM (
  SELECT DISTINCT DATE_TRUNC('hour', ts) AS start_time
  FROM :"stage_schema".staging_events
  WHERE page = 'NextSong'
) hours;
