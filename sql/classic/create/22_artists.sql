-- Every artist of the catalogue, with the values of their latest song (sql/classic/insert says how).
CREATE TABLE :"star_schema".artists (
  artist_id VARCHAR(64) NOT NULL,
  name      VARCHAR(2048),
  location  VARCHAR(2048),
  latitude  DOUBLE PRECISION,
  longitude DOUBLE PRECISION,
  PRIMARY KEY (artist_id)
)
SORTKEY (artist_id);
