-- title: At a glance
-- section: Overview
-- answers: How much is played, by how many, how much of it is paid for, and how much of it the
--   catalogue knows.
-- chart: figures
-- overview: yes
SELECT COALESCE(SUM(u.plays), 0) AS plays,
       COUNT(u.user_id) AS listeners,
       ROUND(100 * CAST(SUM(u.paid) AS DOUBLE PRECISION) / NULLIF(SUM(u.plays), 0), 1)
         AS paid_percent,
       ROUND(100 * CAST(SUM(u.matched) AS DOUBLE PRECISION) / NULLIF(SUM(u.plays), 0), 1)
         AS matched_percent,
       (SELECT COUNT(*) FROM :"star_schema".songs) AS songs,
       (SELECT COUNT(*) FROM :"star_schema".artists) AS artists,
       CAST(MIN(u.first_play) AS DATE) AS first_day,
       CAST(MAX(u.last_play) AS DATE) AS last_day
FROM (
  SELECT user_id, COUNT(*) AS plays, COUNT(song_id) AS matched,
         SUM(CASE WHEN level = 'paid' THEN 1 ELSE 0 END) AS paid,
         MIN(start_time) AS first_play, MAX(start_time) AS last_play
  FROM :"star_schema".songplays
  GROUP BY user_id
) u;
