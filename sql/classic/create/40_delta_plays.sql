-- The moments, and whose plays they were, that the last run touched: of rows that it removed from
-- staging or added to it, and of plays whose song may be another now. A load of everything notes the
-- plays at moments of several plays here.
CREATE TABLE :"stage_schema".delta_plays (
  ts      TIMESTAMP NOT NULL,
  user_id INTEGER
)
BACKUP NO
DISTSTYLE EVEN;
