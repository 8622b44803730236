-- The fact table: one row per play, which is a user's item in a session at a moment, however often
-- the source repeats it. user_key is the user as they were at start_time, user_id whoever they are;
-- time_key is the hour. song_id and artist_id are NULL where the play's title, artist and length
-- match no song of the catalogue. songplay_id is unique and means nothing else.
CREATE TABLE :"star_schema".songplays (
  songplay_id     BIGINT IDENTITY(0, 1) NOT NULL,
  start_time      TIMESTAMP NOT NULL,
  time_key        BIGINT NOT NULL,
  user_key        BIGINT,
  user_id         INTEGER,
  level           VARCHAR(64),
  song_id         VARCHAR(64),
  artist_id       VARCHAR(64),
  session_id      BIGINT,
  location        VARCHAR(1024),
  user_agent      VARCHAR(2048),
  item_in_session INTEGER,
  PRIMARY KEY (songplay_id),
  FOREIGN KEY (time_key) REFERENCES :"star_schema".time (time_key),
  FOREIGN KEY (user_key) REFERENCES :"star_schema".users (user_key),
  FOREIGN KEY (song_id) REFERENCES :"star_schema".songs (song_id),
  FOREIGN KEY (artist_id) REFERENCES :"star_schema".artists (artist_id)
)
SORTKEY (start_time);
