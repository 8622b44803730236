-- The moments of touched plays that are still moments of a play.
DELETE FROM :"star_schema".time
WHERE start_time IN (SELECT ts FROM :"stage_schema".delta_plays)
  AND start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP);

INSERT INTO :"star_schema".time (start_time, hour, day, week, month, year, weekday)
SELECT start_time,
       CAST(EXTRACT(hour FROM start_time) AS INTEGER),
       CAST(EXTRACT(day FROM start_time) AS INTEGER),
       CAST(EXTRACT(week FROM start_time) AS INTEGER),
       CAST(EXTRACT(month FROM start_time) AS INTEGER),
       CAST(EXTRACT(year FROM start_time) AS INTEGER),
       CAST(EXTRACT(dow FROM start_time) AS INTEGER)
FROM (
  SELECT DISTINCT start_time
  FROM :"star_schema".songplays
  WHERE start_time IN (SELECT ts FROM :"stage_schema".delta_plays)
    AND start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
) plays;
