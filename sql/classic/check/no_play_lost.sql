-- As many plays in the fact table as in staging: none lost, none doubled. The time that the run
-- touched is looked at, as in the other checks of plays; what is older was checked when it came.
SELECT staged.plays AS staged_plays, published.plays AS published_plays
FROM (
  SELECT COUNT(*) AS plays
  FROM (
    SELECT DISTINCT ts, user_id, session_id, item_in_session
    FROM :"stage_schema".staging_events
    WHERE page = 'NextSong'
      AND ts BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
  ) once
) staged
CROSS JOIN (
  SELECT COUNT(*) AS plays
  FROM :"star_schema".songplays
  WHERE start_time BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
) published
WHERE staged.plays <> published.plays;
