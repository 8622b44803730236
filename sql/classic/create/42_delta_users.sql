-- The users whom the last run looked at anew, since their last play may be another now.
CREATE TABLE :"stage_schema".delta_users (
  user_id INTEGER NOT NULL
)
BACKUP NO
DISTSTYLE EVEN;
