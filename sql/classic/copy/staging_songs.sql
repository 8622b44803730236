-- The keys of the song files are the names of the columns.
COPY :"stage_schema".staging_songs (
  num_songs, artist_id, artist_latitude, artist_longitude, artist_location, artist_name, song_id,
  title, duration, year)
FROM :'song_data'
IAM_ROLE :'iam_role'
FORMAT AS JSON 'auto'
EMPTYASNULL BLANKSASNULL
COMPUPDATE OFF
MAXERROR :max_errors;
