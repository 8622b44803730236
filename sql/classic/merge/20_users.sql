-- Users with a touched play that is not before their last play may be others now. All their plays
-- were before the end of the touched time, so if they have one within it, the latest there counts.
DELETE FROM :"star_schema".users
USING (
  SELECT user_id, MAX(ts) AS ts
  FROM :"stage_schema".delta_plays
  GROUP BY user_id
) touched
WHERE users.user_id = touched.user_id AND touched.ts >= users.last_play;

INSERT INTO :"star_schema".users (user_id, first_name, last_name, gender, level, last_play)
SELECT user_id, first_name, last_name, gender, level, ts
FROM (
  SELECT e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
         ROW_NUMBER() OVER (PARTITION BY e.user_id
                            ORDER BY e.ts DESC, e.session_id DESC, e.item_in_session DESC,
                                     e.level DESC, e.first_name, e.last_name, e.gender) AS rank
  FROM :"stage_schema".staging_events e
  JOIN (
    SELECT DISTINCT d.user_id
    FROM :"stage_schema".delta_plays d
    LEFT JOIN :"star_schema".users u ON d.user_id = u.user_id
    WHERE u.user_id IS NULL
  ) missing ON e.user_id = missing.user_id
  WHERE e.page = 'NextSong'
    AND e.ts BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
) ranked
WHERE rank = 1;

-- The others: their latest plays were removed. As a rule there are none, and nothing is read.
INSERT INTO :"star_schema".users (user_id, first_name, last_name, gender, level, last_play)
SELECT user_id, first_name, last_name, gender, level, ts
FROM (
  SELECT e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
         ROW_NUMBER() OVER (PARTITION BY e.user_id
                            ORDER BY e.ts DESC, e.session_id DESC, e.item_in_session DESC,
                                     e.level DESC, e.first_name, e.last_name, e.gender) AS rank
  FROM :"stage_schema".staging_events e
  JOIN (
    SELECT DISTINCT d.user_id
    FROM :"stage_schema".delta_plays d
    LEFT JOIN :"star_schema".users u ON d.user_id = u.user_id
    WHERE u.user_id IS NULL
  ) missing ON e.user_id = missing.user_id
  WHERE e.page = 'NextSong'
) ranked
WHERE rank = 1;
