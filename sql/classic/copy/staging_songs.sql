-- The keys of the song files are the names of the columns.
COPY :"stage_schema".staging_songs
FROM :'song_data'
IAM_ROLE :'iam_role'
FORMAT AS JSON 'auto'
EMPTYASNULL BLANKSASNULL
COMPUPDATE OFF
MAXERROR :max_errors;
