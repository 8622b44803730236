-- The songs that the last run removed from staging or added to it, as they were or are there.
CREATE TABLE :"stage_schema".delta_songs (
  song_id     VARCHAR(64) NOT NULL,
  artist_id   VARCHAR(64) NOT NULL,
  title       VARCHAR(2048),
  artist_name VARCHAR(2048),
  duration    DOUBLE PRECISION
)
BACKUP NO
DISTSTYLE EVEN;
