-- How many rows each table holds, kept by adding and taking away what each run did.
CREATE TABLE :"stage_schema".etl_tables (
  table_name VARCHAR(256) NOT NULL,
  rows_held  BIGINT NOT NULL,
  PRIMARY KEY (table_name)
);
