-- Every song of the catalogue. duration is in seconds; year is 0 where the source does not know it.
CREATE TABLE :"star_schema".songs (
  song_id   VARCHAR(64) NOT NULL,
  title     VARCHAR(2048),
  artist_id VARCHAR(64),
  year      INTEGER,
  duration  DOUBLE PRECISION,
  PRIMARY KEY (song_id)
)
SORTKEY (song_id);
