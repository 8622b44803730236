-- Finds the versions of users with touched plays anew, from touched_from on; what was before stays.
INSERT INTO :"stage_schema".delta_users (user_id)
SELECT DISTINCT user_id
FROM :"stage_schema".delta_plays
WHERE user_id IS NOT NULL;

-- What decides: the version that held before the touched time ...
INSERT INTO :"stage_schema".delta_states (user_id, first_name, last_name, gender, level, ts)
SELECT u.user_id, u.first_name, u.last_name, u.gender, u.level, u.valid_from
FROM :"star_schema".users u
JOIN :"stage_schema".delta_users d ON u.user_id = d.user_id
WHERE u.valid_from < CAST(:'touched_from' AS TIMESTAMP)
  AND u.valid_to >= CAST(:'touched_from' AS TIMESTAMP);

-- ... each moment within it, by the rules of insert/10_users.sql ...
INSERT INTO :"stage_schema".delta_states (user_id, first_name, last_name, gender, level, ts)
SELECT user_id, first_name, last_name, gender, level, ts
FROM (
  SELECT e.user_id, RTRIM(e.first_name) AS first_name, RTRIM(e.last_name) AS last_name,
         RTRIM(e.gender) AS gender, RTRIM(e.level) AS level, e.ts,
         ROW_NUMBER() OVER (PARTITION BY e.user_id, e.ts
                            ORDER BY e.session_id DESC, e.item_in_session DESC, e.level DESC,
                                     e.first_name, e.last_name, e.gender) AS rank
  FROM :"stage_schema".staging_events e
  JOIN :"stage_schema".delta_users d ON e.user_id = d.user_id
  WHERE e.page = 'NextSong'
    AND e.ts BETWEEN CAST(:'touched_from' AS TIMESTAMP) AND CAST(:'touched_to' AS TIMESTAMP)
) ranked
WHERE rank = 1;

-- ... the first play after it, which shows what the version shows that held then. It decides only
-- where the touched time ends in another state; as a rule it does not, and nothing is read ...
INSERT INTO :"stage_schema".delta_states (user_id, first_name, last_name, gender, level, ts)
SELECT later.user_id, later.first_name, later.last_name, later.gender, later.level, MIN(e.ts)
FROM (
  SELECT u.user_id, u.first_name, u.last_name, u.gender, u.level, u.valid_to
  FROM :"star_schema".users u
  JOIN :"stage_schema".delta_users d ON u.user_id = d.user_id
  LEFT JOIN (
    SELECT user_id, first_name, last_name, gender, level,
           ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts DESC) AS rank
    FROM :"stage_schema".delta_states
  ) last ON u.user_id = last.user_id AND last.rank = 1
  WHERE u.valid_from <= CAST(:'touched_to' AS TIMESTAMP)
    AND u.valid_to > CAST(:'touched_to' AS TIMESTAMP)
    AND (last.user_id IS NULL
      OR COALESCE(last.first_name, '') <> COALESCE(u.first_name, '')
      OR COALESCE(last.last_name, '') <> COALESCE(u.last_name, '')
      OR COALESCE(last.gender, '') <> COALESCE(u.gender, '')
      OR COALESCE(last.level, '') <> COALESCE(u.level, ''))
) later
JOIN :"stage_schema".staging_events e ON later.user_id = e.user_id AND e.ts < later.valid_to
WHERE e.page = 'NextSong' AND e.ts > CAST(:'touched_to' AS TIMESTAMP)
GROUP BY later.user_id, later.first_name, later.last_name, later.gender, later.level;

-- ... and the versions that began later.
INSERT INTO :"stage_schema".delta_states (user_id, first_name, last_name, gender, level, ts)
SELECT u.user_id, u.first_name, u.last_name, u.gender, u.level, u.valid_from
FROM :"star_schema".users u
JOIN :"stage_schema".delta_users d ON u.user_id = d.user_id
WHERE u.valid_from > CAST(:'touched_to' AS TIMESTAMP);

INSERT INTO :"stage_schema".delta_versions
  (held_key, user_id, first_name, last_name, gender, level, valid_from, valid_to)
SELECT u.user_key, v.user_id, v.first_name, v.last_name, v.gender, v.level, v.valid_from,
       COALESCE(LEAD(v.valid_from) OVER (PARTITION BY v.user_id ORDER BY v.valid_from),
                TIMESTAMP '9999-12-31 00:00:00')
FROM (
  SELECT user_id, first_name, last_name, gender, level, MIN(ts) AS valid_from
  FROM (
    SELECT user_id, first_name, last_name, gender, level, ts,
           ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts)
             - ROW_NUMBER() OVER (PARTITION BY user_id, first_name, last_name, gender, level
                                  ORDER BY ts) AS version
    FROM :"stage_schema".delta_states
  ) moments
  GROUP BY user_id, first_name, last_name, gender, level, version
) v
LEFT JOIN :"star_schema".users u ON v.user_id = u.user_id AND v.valid_from = u.valid_from;

-- Plays within versions that are new or gone get another user_key: they are touched too.
INSERT INTO :"stage_schema".delta_plays (ts, user_id)
SELECT p.start_time, p.user_id
FROM :"star_schema".songplays p
JOIN (
  SELECT user_id, valid_from, valid_to
  FROM :"stage_schema".delta_versions
  WHERE held_key IS NULL
  UNION ALL
  SELECT u.user_id, u.valid_from, u.valid_to
  FROM :"star_schema".users u
  JOIN :"stage_schema".delta_users d ON u.user_id = d.user_id
  LEFT JOIN :"stage_schema".delta_versions v ON u.user_key = v.held_key
  WHERE u.valid_from >= CAST(:'touched_from' AS TIMESTAMP) AND v.user_id IS NULL
) moved
  ON p.user_id = moved.user_id
  AND p.start_time >= moved.valid_from
  AND p.start_time < moved.valid_to
WHERE p.start_time >= CAST(:'touched_from' AS TIMESTAMP);

DELETE FROM :"star_schema".users
WHERE valid_from >= CAST(:'touched_from' AS TIMESTAMP)
  AND user_id IN (SELECT user_id FROM :"stage_schema".delta_users)
  AND user_key NOT IN (SELECT held_key FROM :"stage_schema".delta_versions
                       WHERE held_key IS NOT NULL);

UPDATE :"star_schema".users
SET first_name = v.first_name,
    last_name = v.last_name,
    gender = v.gender,
    level = v.level,
    valid_to = v.valid_to,
    is_current = (v.valid_to = TIMESTAMP '9999-12-31 00:00:00')
FROM :"stage_schema".delta_versions v
WHERE user_key = v.held_key;

INSERT INTO :"star_schema".users
  (user_id, first_name, last_name, gender, level, valid_from, valid_to, is_current)
SELECT user_id, first_name, last_name, gender, level, valid_from, valid_to,
       valid_to = TIMESTAMP '9999-12-31 00:00:00'
FROM :"stage_schema".delta_versions
WHERE held_key IS NULL;
