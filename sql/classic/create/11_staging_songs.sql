-- The song metadata as it is in the source: one row per song file, one column per JSON key.
-- Some titles and names are JSON numbers (1888, 4.6); COPY keeps them as text, as written.
-- load_id says which load a row came with (etl_objects).
CREATE TABLE :"stage_schema".staging_songs (
  num_songs        INTEGER,
  artist_id        VARCHAR(64) NOT NULL,
  artist_latitude  DOUBLE PRECISION,
  artist_longitude DOUBLE PRECISION,
  artist_location  VARCHAR(2048),
  artist_name      VARCHAR(2048),
  song_id          VARCHAR(64) NOT NULL,
  title            VARCHAR(2048),
  duration         DOUBLE PRECISION,
  year             INTEGER,
  load_id          BIGINT DEFAULT 0 NOT NULL
)
BACKUP NO
DISTSTYLE EVEN
SORTKEY (load_id);
