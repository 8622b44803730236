-- The ledger: every object that is in the published state, as it was when it was loaded. An object
-- whose size or etag differs today has been rewritten. Its rows in staging bear its load_id; objects
-- that were loaded together may share one, and then are loaded anew together.
CREATE TABLE :"stage_schema".etl_objects (
  table_name  VARCHAR(128) NOT NULL,
  object_key  VARCHAR(4096) NOT NULL,
  size_bytes  BIGINT NOT NULL,
  etag        VARCHAR(128) NOT NULL,
  records     BIGINT NOT NULL,
  rows_loaded BIGINT NOT NULL,
  rejects     BIGINT NOT NULL,
  load_id     BIGINT NOT NULL,
  run_id      VARCHAR(64) NOT NULL,
  PRIMARY KEY (table_name, object_key)
);
