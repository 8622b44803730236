-- One row per user who has played a song, as they were at their latest play. Two plays at the same
-- moment: the later session, then the later item in it, counts.
DELETE FROM :"star_schema".users;

INSERT INTO :"star_schema".users (user_id, first_name, last_name, gender, level, last_play)
SELECT user_id, first_name, last_name, gender, level, ts
FROM (
  SELECT e.user_id, e.first_name, e.last_name, e.gender, e.level, e.ts,
         ROW_NUMBER() OVER (PARTITION BY e.user_id
                            ORDER BY e.session_id DESC, e.item_in_session DESC, e.level DESC,
                                     e.first_name, e.last_name, e.gender) AS rank
  FROM :"stage_schema".staging_events e
  JOIN (
    SELECT user_id, MAX(ts) AS ts
    FROM :"stage_schema".staging_events
    WHERE page = 'NextSong'
    GROUP BY user_id
  ) latest ON e.user_id = latest.user_id AND e.ts = latest.ts
  WHERE e.page = 'NextSong'
) ranked
WHERE rank = 1;
