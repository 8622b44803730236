-- One row per run of etl: what it saw and what became of it. Records parsed = rows + rejects, and
-- objects listed = loaded + already loaded + failed, or the run fails. The phases are a JSON object,
-- seconds by name; vanished objects were loaded once and are gone from the source.
CREATE TABLE :"stage_schema".etl_runs (
  run_id           VARCHAR(64) NOT NULL,
  started_at       TIMESTAMP NOT NULL,
  finished_at      TIMESTAMP NOT NULL,
  outcome          VARCHAR(32) NOT NULL,
  objects_listed   BIGINT NOT NULL,
  objects_loaded   BIGINT NOT NULL,
  objects_known    BIGINT NOT NULL,
  objects_failed   BIGINT NOT NULL,
  bytes            BIGINT NOT NULL,
  records          BIGINT NOT NULL,
  rows_loaded      BIGINT NOT NULL,
  rejects          BIGINT NOT NULL,
  mode             VARCHAR(16) NOT NULL,
  objects_vanished BIGINT NOT NULL,
  host             VARCHAR(256) NOT NULL,
  phases           VARCHAR(4096) NOT NULL,
  error            VARCHAR(1024),
  PRIMARY KEY (run_id)
);
