-- title: Plays by hour and weekday
-- section: Overview
-- answers: When people listen: plays in each hour (UTC) of each day of the week.
-- chart: heatmap hour weekday plays
SELECT CASE weekday WHEN 0 THEN 'Sunday' WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday'
                    WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday'
                    ELSE 'Saturday' END AS weekday,
       hour, plays
FROM (
  SELECT CAST(EXTRACT(dow FROM begin_of_hour) AS INTEGER) AS weekday,
         CAST(EXTRACT(hour FROM begin_of_hour) AS INTEGER) AS hour,
         SUM(plays) AS plays
  FROM (
    -- Far fewer hours than plays are to be taken apart.
    SELECT DATE_TRUNC('hour', start_time) AS begin_of_hour, COUNT(*) AS plays
    FROM :"star_schema".songplays
    GROUP BY DATE_TRUNC('hour', start_time)
  ) by_hour
  GROUP BY CAST(EXTRACT(dow FROM begin_of_hour) AS INTEGER),
           CAST(EXTRACT(hour FROM begin_of_hour) AS INTEGER)
) cells
ORDER BY CASE cells.weekday WHEN 0 THEN 7 ELSE cells.weekday END, hour;
