-- The versions that follow from delta_states; held_key is the user_key of the row of users that
-- begins at the same moment, NULL where there is none.
CREATE TABLE :"stage_schema".delta_versions (
  held_key   BIGINT,
  user_id    INTEGER NOT NULL,
  first_name VARCHAR(512),
  last_name  VARCHAR(512),
  gender     VARCHAR(64),
  level      VARCHAR(64),
  valid_from TIMESTAMP NOT NULL,
  valid_to   TIMESTAMP NOT NULL
)
BACKUP NO
DISTSTYLE EVEN;
