-- Every hour in which a song was played, UTC, taken apart; time_key is YYYYMMDDHH and start_time the
-- hour's first moment. week is the ISO week; weekday is 0 on Sunday. The key is a BIGINT, so that an
-- event of the year 2200 is found by the checks and does not end the run as a number too large.
CREATE TABLE :"star_schema".time (
  time_key   BIGINT NOT NULL,
  start_time TIMESTAMP NOT NULL,
  hour       INTEGER NOT NULL,
  day        INTEGER NOT NULL,
  week       INTEGER NOT NULL,
  month      INTEGER NOT NULL,
  year       INTEGER NOT NULL,
  weekday    INTEGER NOT NULL,
  PRIMARY KEY (time_key)
)
SORTKEY (time_key);
