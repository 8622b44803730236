-- As many plays in the fact table as in staging, none lost and none doubled: at the moments that the
-- run touched (those before it were checked by the run that did), repeated plays counted once ...
SELECT staged.plays AS staged_plays, published.plays AS published_plays
FROM (
  SELECT COUNT(*) AS plays
  FROM (
    SELECT DISTINCT ts, user_id, session_id, item_in_session
    FROM :"stage_schema".staging_events
    WHERE page = 'NextSong'
      AND ts IN (SELECT ts FROM :"stage_schema".delta_plays)
      AND ts BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
  ) once
) staged
CROSS JOIN (
  SELECT COUNT(*) AS plays
  FROM :"star_schema".songplays
  WHERE start_time IN (SELECT ts FROM :"stage_schema".delta_plays)
    AND start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
) published
WHERE NOT :rebuilt AND staged.plays <> published.plays;

-- ... and after a load of everything at all moments: those of insert/13_repeated.sql, which keeps
-- each play once, and the others, where every play is in the source once.
SELECT once.plays + repeated.plays AS staged_plays, published.plays AS published_plays
FROM (
  SELECT COUNT(*) AS plays
  FROM :"stage_schema".staging_events
  WHERE page = 'NextSong' AND ts NOT IN (SELECT ts FROM :"stage_schema".repeated_plays)
) once
CROSS JOIN (SELECT COUNT(*) AS plays FROM :"stage_schema".repeated_plays) repeated
CROSS JOIN (SELECT COUNT(*) AS plays FROM :"star_schema".songplays) published
WHERE :rebuilt AND once.plays + repeated.plays <> published.plays;
