-- Everyone who has played a song, a row for each version of what is known of them. A version holds
-- from valid_from to before valid_to, where the next one begins; of the current one valid_to is the
-- year 9999, so that BETWEEN and < need no word on NULL.
CREATE TABLE :"star_schema".users (
  user_key   BIGINT IDENTITY(0, 1) NOT NULL,
  user_id    INTEGER NOT NULL,
  first_name VARCHAR(512),
  last_name  VARCHAR(512),
  gender     VARCHAR(64),
  level      VARCHAR(64),
  valid_from TIMESTAMP NOT NULL,
  valid_to   TIMESTAMP NOT NULL,
  is_current BOOLEAN NOT NULL,
  PRIMARY KEY (user_key)
)
SORTKEY (user_id);
