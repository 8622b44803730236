-- What the users whom the last run looked at anew were, at the moments that decide.
CREATE TABLE :"stage_schema".delta_states (
  user_id    INTEGER NOT NULL,
  first_name VARCHAR(512),
  last_name  VARCHAR(512),
  gender     VARCHAR(64),
  level      VARCHAR(64),
  ts         TIMESTAMP NOT NULL
)
BACKUP NO
DISTSTYLE EVEN;
