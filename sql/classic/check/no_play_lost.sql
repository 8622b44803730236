-- As many plays in the fact table as NextSong events in staging: none lost, none doubled.
SELECT staged.plays AS staged_plays, published.plays AS published_plays
FROM (SELECT COUNT(*) AS plays FROM :"stage_schema".staging_events WHERE page = 'NextSong') staged
CROSS JOIN (SELECT COUNT(*) AS plays FROM :"star_schema".songplays) published
WHERE staged.plays <> published.plays;
