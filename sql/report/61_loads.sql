-- title: The last runs of etl
-- section: Health
-- answers: What the last runs saw and what became of them, the latest first.
-- chart: table
-- overview: limit=3
-- param: limit number 20 How many runs
SELECT CAST(DATE_TRUNC('second', started_at) AS VARCHAR(19)) AS started_at, outcome,
       DATEDIFF(second, started_at, finished_at) AS seconds, objects_listed, objects_loaded,
       objects_failed, records, rows_loaded, rejects
FROM (
  SELECT started_at, finished_at, outcome, objects_listed, objects_loaded, objects_failed, records,
         rows_loaded, rejects, run_id
  FROM :"stage_schema".etl_runs
  ORDER BY started_at DESC, run_id
  LIMIT :limit
) latest
ORDER BY latest.started_at DESC, run_id;
