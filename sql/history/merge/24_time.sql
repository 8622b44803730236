-- The hours of touched plays that are still hours of a play.
DELETE FROM :"star_schema".time
WHERE time_key IN (
  SELECT CAST(TO_CHAR(ts, 'YYYYMMDDHH24') AS BIGINT)
  FROM :"stage_schema".delta_plays
);

INSERT INTO :"star_schema".time
  (time_key, start_time, hour, day, week, month, year, weekday)
SELECT time_key,
       start_time,
       CAST(EXTRACT(hour FROM start_time) AS INTEGER),
       CAST(EXTRACT(day FROM start_time) AS INTEGER),
       CAST(EXTRACT(week FROM start_time) AS INTEGER),
       CAST(EXTRACT(month FROM start_time) AS INTEGER),
       CAST(EXTRACT(year FROM start_time) AS INTEGER),
       CAST(EXTRACT(dow FROM start_time) AS INTEGER)
FROM (
  SELECT DISTINCT time_key, DATE_TRUNC('hour', start_time) AS start_time
  FROM :"star_schema".songplays
  WHERE time_key IN (
      SELECT CAST(TO_CHAR(ts, 'YYYYMMDDHH24') AS BIGINT)
      FROM :"stage_schema".delta_plays
    )
    AND start_time >= DATE_TRUNC('hour', CAST(:'touched_from' AS TIMESTAMP))
    AND start_time < DATE_TRUNC('hour', CAST(:'touched_to' AS TIMESTAMP)) + INTERVAL '1 hour'
) hours;
