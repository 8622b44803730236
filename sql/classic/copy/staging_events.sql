-- Columns in the order of the JSONPaths file.
COPY :"stage_schema".staging_events (
  artist, auth, first_name, gender, item_in_session, last_name, length, level, location, method,
  page, registration, session_id, song, status, ts, user_agent, user_id)
FROM :'log_data'
IAM_ROLE :'iam_role'
FORMAT AS JSON :'log_jsonpath'
TIMEFORMAT 'epochmillisecs'
EMPTYASNULL BLANKSASNULL
COMPUPDATE OFF
MAXERROR :max_errors;
