-- Users with a touched play that is not before their last play may be others now. All their plays
-- were before the end of the touched time, so if they have one within it, the latest there counts.
INSERT INTO :"stage_schema".delta_users (user_id)
SELECT touched.user_id
FROM (
  SELECT user_id, MAX(ts) AS ts
  FROM :"stage_schema".delta_plays
  WHERE user_id IS NOT NULL
  GROUP BY user_id
) touched
LEFT JOIN :"star_schema".users u ON touched.user_id = u.user_id
WHERE u.user_id IS NULL OR touched.ts >= u.last_play;

DELETE FROM :"star_schema".users
WHERE user_id IN (SELECT user_id FROM :"stage_schema".delta_users);

INSERT INTO :"star_schema".users (user_id, first_name, last_name, gender, level, last_play)
SELECT user_id, first_name, last_name, gender, level, ts
FROM (
  SELECT e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
         ROW_NUMBER() OVER (PARTITION BY e.user_id
                            ORDER BY e.ts DESC, e.session_id DESC, e.item_in_session DESC,
                                     e.level DESC, e.first_name, e.last_name, e.gender) AS rank
  FROM :"stage_schema".staging_events e
  JOIN :"stage_schema".delta_users d ON e.user_id = d.user_id
  WHERE e.page = 'NextSong'
    AND e.ts BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
) ranked
WHERE rank = 1;

-- The others: their latest plays were removed. As a rule there are none, and nothing is read.
DELETE FROM :"stage_schema".delta_users
WHERE user_id IN (SELECT user_id FROM :"star_schema".users);

INSERT INTO :"star_schema".users (user_id, first_name, last_name, gender, level, last_play)
SELECT user_id, first_name, last_name, gender, level, ts
FROM (
  SELECT e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
         ROW_NUMBER() OVER (PARTITION BY e.user_id
                            ORDER BY e.ts DESC, e.session_id DESC, e.item_in_session DESC,
                                     e.level DESC, e.first_name, e.last_name, e.gender) AS rank
  FROM :"stage_schema".staging_events e
  JOIN :"stage_schema".delta_users d ON e.user_id = d.user_id
  WHERE e.page = 'NextSong'
) ranked
WHERE rank = 1;
