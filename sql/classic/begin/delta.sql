-- What the last run touched is of no interest to this one.
DELETE FROM :"stage_schema".delta_plays;

DELETE FROM :"stage_schema".delta_songs;

DELETE FROM :"stage_schema".delta_users;
