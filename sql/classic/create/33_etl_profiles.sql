-- What the last runs found in the source, by table and by key of the JSON: for a sample of the
-- records of the new objects, how many had a string, a number, ... under that key. A run compares
-- what is new with these and says what is unlike all of them. The last eight runs stay.
CREATE TABLE :"stage_schema".etl_profiles (
  run_id       VARCHAR(64) NOT NULL,
  table_name   VARCHAR(128) NOT NULL,
  objects      BIGINT NOT NULL,
  bytes        BIGINT NOT NULL,
  records      BIGINT NOT NULL,
  record_bytes BIGINT NOT NULL,
  key_name     VARCHAR(256) NOT NULL,
  strings      BIGINT NOT NULL,
  numbers      BIGINT NOT NULL,
  booleans     BIGINT NOT NULL,
  nested       BIGINT NOT NULL,
  nulls        BIGINT NOT NULL,
  PRIMARY KEY (run_id, table_name, key_name)
);
