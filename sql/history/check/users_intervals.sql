-- The versions of a user follow one another without overlap and without gap, each shows something
-- else than the one before, and the last one, and only that, is current.
SELECT user_id, user_key, valid_from, valid_to,
       CASE WHEN valid_from >= valid_to THEN 'ends before it begins'
            WHEN next_from < valid_to THEN 'overlap'
            WHEN next_from > valid_to THEN 'gap'
            WHEN next_state = state THEN 'the next version is no other'
            ELSE 'wrongly current or not' END AS problem
FROM (
  SELECT user_id, user_key, valid_from, valid_to, is_current, state,
         LEAD(valid_from) OVER (PARTITION BY user_id ORDER BY valid_from, user_key) AS next_from,
         LEAD(state) OVER (PARTITION BY user_id ORDER BY valid_from, user_key) AS next_state
  FROM (
    SELECT user_id, user_key, valid_from, valid_to, is_current,
           COALESCE(first_name, '') || CHR(31) || COALESCE(last_name, '') || CHR(31)
             || COALESCE(gender, '') || CHR(31) || COALESCE(level, '') AS state
    FROM :"star_schema".users
  ) versions
) pairs
WHERE valid_from >= valid_to
  OR next_from <> valid_to
  OR next_state = state
  OR (next_from IS NULL AND NOT is_current)
  OR (next_from IS NULL AND valid_to <> TIMESTAMP '9999-12-31 00:00:00')
  OR (next_from IS NOT NULL AND is_current)
LIMIT 100;
