-- The plays at moments of several plays, each once, as the last load of everything found them. Text is
-- as wide as it can be, so that staging's columns may be widened alone.
CREATE TABLE :"stage_schema".repeated_plays (
  ts              TIMESTAMP NOT NULL,
  user_id         INTEGER,
  session_id      BIGINT,
  item_in_session INTEGER,
  level           VARCHAR(65535),
  song            VARCHAR(65535),
  artist          VARCHAR(65535),
  length          DOUBLE PRECISION,
  location        VARCHAR(65535),
  user_agent      VARCHAR(65535)
)
BACKUP NO
DISTSTYLE EVEN;
