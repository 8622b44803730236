-- Everyone who has played a song, with the level (free or paid) of their latest play, which was at last_play.
CREATE TABLE :"star_schema".users (
  user_id    INTEGER NOT NULL,
  first_name VARCHAR(512),
  last_name  VARCHAR(512),
  gender     VARCHAR(64),
  level      VARCHAR(64),
  last_play  TIMESTAMP NOT NULL,
  PRIMARY KEY (user_id)
)
SORTKEY (user_id);
