-- The moments, and whose plays they were, that the last load of changes touched: of rows that it removed
-- from staging or added to it, and of plays whose song may be another now.
CREATE TABLE :"stage_schema".delta_plays (
  ts      TIMESTAMP NOT NULL,
  user_id INTEGER
)
BACKUP NO
DISTSTYLE EVEN;
