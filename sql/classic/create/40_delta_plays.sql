-- The plays that the last run touched: those of rows that it removed from staging or added to it, and
-- those whose song may be another now. A load of everything notes the moments of several plays here.
CREATE TABLE :"stage_schema".delta_plays (
  ts              TIMESTAMP NOT NULL,
  user_id         INTEGER,
  session_id      BIGINT,
  item_in_session INTEGER
)
BACKUP NO
DISTSTYLE EVEN;
