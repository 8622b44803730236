-- Every moment at which a song was played, UTC, taken apart. week is the ISO week; weekday is 0 on
-- Sunday.
CREATE TABLE :"star_schema".time (
  start_time TIMESTAMP NOT NULL,
  hour       INTEGER NOT NULL,
  day        INTEGER NOT NULL,
  week       INTEGER NOT NULL,
  month      INTEGER NOT NULL,
  year       INTEGER NOT NULL,
  weekday    INTEGER NOT NULL,
  PRIMARY KEY (start_time)
)
SORTKEY (start_time);
