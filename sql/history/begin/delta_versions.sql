-- What the last run looked at is of no interest to this one.
DELETE FROM :"stage_schema".delta_states;

DELETE FROM :"stage_schema".delta_versions;
