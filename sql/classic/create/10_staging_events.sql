-- The activity log as it is in the source: one row per event, one column per JSON key. What the
-- star needs comes first: PostgreSQL reads a row from the left, Redshift does not care.
-- ts is the event's moment, UTC, milliseconds kept (COPY ... TIMEFORMAT 'epochmillisecs').
-- user_id is "" in the events of logged-out visitors; COPY makes that NULL in an integer column.
-- registration is written as 1540344794796.0: DOUBLE PRECISION takes that on every release and
-- holds milliseconds exactly. Lengths are bytes and wide: a cut name is worse than a wide column.
-- load_id says which load a row came with (etl_objects); 0 is Redshift's load of everything at once.
CREATE TABLE :"stage_schema".staging_events (
  ts              TIMESTAMP NOT NULL,
  page            VARCHAR(256) NOT NULL,
  user_id         INTEGER,
  session_id      BIGINT,
  item_in_session INTEGER,
  level           VARCHAR(64),
  song            VARCHAR(2048),
  artist          VARCHAR(1024),
  length          DOUBLE PRECISION,
  location        VARCHAR(1024),
  user_agent      VARCHAR(2048),
  first_name      VARCHAR(512),
  last_name       VARCHAR(512),
  gender          VARCHAR(64),
  auth            VARCHAR(64),
  method          VARCHAR(64),
  status          INTEGER,
  registration    DOUBLE PRECISION,
  load_id         BIGINT DEFAULT 0 NOT NULL
)
BACKUP NO
DISTSTYLE EVEN
SORTKEY (ts, load_id);
