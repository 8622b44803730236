-- A run locks this empty table from its first statement to its commit, so that two runs, even from
-- two machines, follow one another. Readers never touch it.
CREATE TABLE :"stage_schema".etl_lock (
  holder INTEGER
);
