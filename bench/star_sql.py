"""The SQL that all contestants share: the star's statements and the counts that must agree."""

import pathlib

SQL_DIR = pathlib.Path(__file__).resolve().parent.parent / "sql" / "classic"

# In the order of the copy files' column list: the order of the keys in the events.
EVENT_COLUMNS = (
    "artist auth first_name gender item_in_session last_name length level location method page "
    "registration session_id song status ts user_agent user_id"
).split()
EVENT_KEYS = (
    "artist auth firstName gender itemInSession lastName length level location method page "
    "registration sessionId song status ts userAgent userId"
).split()
SONG_KEYS = (
    "num_songs artist_id artist_latitude artist_longitude artist_location artist_name song_id "
    "title duration year"
).split()
TABLES = {
    "stage": ("staging_events", "staging_songs", "delta_plays"),
    "star": ("users", "songs", "artists", "time", "songplays"),
}


def star_statements(stage, star):
    """sql/classic/insert as it stands, for two schemas; PostgreSQL and DuckDB take it unchanged."""
    for path in sorted((SQL_DIR / "insert").glob("*.sql")):
        yield path.read_text().replace(':"stage_schema"', stage).replace(':"star_schema"', star)


def counts_query(stage, star):
    """One row of JSON-able numbers under the names that make_dataset prints."""
    rows = {
        "staging_events": f"{stage}.staging_events",
        "staging_songs": f"{stage}.staging_songs",
        "songplays": f"{star}.songplays",
        "matched": f"{star}.songplays WHERE song_id IS NOT NULL",
        "users": f"{star}.users",
        "free_users": f"{star}.users WHERE level = 'free'",
        "paid_users": f"{star}.users WHERE level = 'paid'",
        "songs": f"{star}.songs",
        "artists": f"{star}.artists",
        "time": f"{star}.time",
    }
    names = list(rows)
    return names, "SELECT " + ", ".join(f"(SELECT count(*) FROM {rows[name]})" for name in names)
