-- The versions of every user who has played a song. Their plays in the order of time, one a moment,
-- are numbered twice: among all of the user's and among those that show the same. The difference of
-- both numbers is the same for plays that follow one another and show the same: a version.
DELETE FROM :"star_schema".users;

INSERT INTO :"star_schema".users
  (user_id, first_name, last_name, gender, level, valid_from, valid_to, is_current)
SELECT user_id, first_name, last_name, gender, level, valid_from,
       COALESCE(LEAD(valid_from) OVER (PARTITION BY user_id ORDER BY valid_from),
                TIMESTAMP '9999-12-31 00:00:00'),
       LEAD(valid_from) OVER (PARTITION BY user_id ORDER BY valid_from) IS NULL
FROM (
  SELECT user_id, first_name, last_name, gender, level, MIN(ts) AS valid_from
  FROM (
    SELECT user_id, first_name, last_name, gender, level, ts,
           ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY ts)
             - ROW_NUMBER() OVER (PARTITION BY user_id, first_name, last_name, gender, level
                                  ORDER BY ts) AS version
    FROM (
      SELECT e.user_id, RTRIM(e.first_name) AS first_name, RTRIM(e.last_name) AS last_name,
             RTRIM(e.gender) AS gender, RTRIM(e.level) AS level, e.ts,
             ROW_NUMBER() OVER (PARTITION BY e.user_id, e.ts
                                ORDER BY e.session_id DESC, e.item_in_session DESC, e.level DESC,
                                         e.first_name, e.last_name, e.gender) AS rank
      FROM :"stage_schema".staging_events e
      WHERE e.page = 'NextSong' AND e.user_id IS NOT NULL
    ) ranked
    WHERE rank = 1
  ) moments
  GROUP BY user_id, first_name, last_name, gender, level, version
) versions;
