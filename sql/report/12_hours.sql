-- title: Plays by hour and weekday
-- section: Overview
-- answers: When people listen: plays in each hour (UTC) of each day of the week.
-- chart: heatmap hour weekday plays
SELECT CASE weekday WHEN 0 THEN 'Sunday' WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday'
                    WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday'
                    ELSE 'Saturday' END AS weekday,
       hour, plays
FROM (
  SELECT CAST(EXTRACT(dow FROM start_time) AS INTEGER) AS weekday,
         CAST(EXTRACT(hour FROM start_time) AS INTEGER) AS hour,
         COUNT(*) AS plays
  FROM :"star_schema".songplays
  GROUP BY CAST(EXTRACT(dow FROM start_time) AS INTEGER),
           CAST(EXTRACT(hour FROM start_time) AS INTEGER)
) cells
ORDER BY CASE cells.weekday WHEN 0 THEN 7 ELSE cells.weekday END, hour;
