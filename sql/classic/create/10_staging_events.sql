-- The activity log as it is in the source: one row per event, one column per JSON key.
-- ts is the event's moment, UTC, milliseconds kept (COPY ... TIMEFORMAT 'epochmillisecs').
-- user_id is "" in the events of logged-out visitors; COPY makes that NULL in an integer column.
-- registration is written as 1540344794796.0: DOUBLE PRECISION takes that on every release and
-- holds milliseconds exactly. Lengths are bytes and wide: a cut name is worse than a wide column.
CREATE TABLE :"stage_schema".staging_events (
  artist          VARCHAR(1024),
  auth            VARCHAR(64),
  first_name      VARCHAR(512),
  gender          VARCHAR(64),
  item_in_session INTEGER,
  last_name       VARCHAR(512),
  length          DOUBLE PRECISION,
  level           VARCHAR(64),
  location        VARCHAR(1024),
  method          VARCHAR(64),
  page            VARCHAR(256) NOT NULL,
  registration    DOUBLE PRECISION,
  session_id      BIGINT,
  song            VARCHAR(2048),
  status          INTEGER,
  ts              TIMESTAMP NOT NULL,
  user_agent      VARCHAR(2048),
  user_id         INTEGER
)
BACKUP NO
DISTSTYLE EVEN;
