"""The SQL that all contestants share: the star's statements and the counts that must agree."""

import datetime
import pathlib
import re

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
    "stage": ("staging_events", "staging_songs", "repeated_plays", "delta_plays"),
    "star": ("users", "songs", "artists", "time", "songplays"),
}


# As etl sets them when it loads everything (lib/warehouse/star_build.cc).
VARIABLES = {
    ":'touched_from'": "'0001-01-01 00:00:00'",
    ":'touched_to'": "'9999-12-31 23:59:59'",
    ":'run_time'": f"'{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M:%S}'",
    ":rebuilt": "TRUE",
}


def statements(step, stage, star):
    """sql/classic/STEP as it stands, for two schemas; PostgreSQL and DuckDB take it unchanged.

    Without the comments, for a semicolon in one ends no statement.
    """
    values = VARIABLES | {':"stage_schema"': stage, ':"star_schema"': star}
    for path in sorted((SQL_DIR / step).glob("*.sql")):
        text = path.read_text()
        for variable, value in values.items():
            text = text.replace(variable, value)
        without_comments = re.sub(r"--.*", "", text)
        yield from (part for part in without_comments.split(";") if part.strip())


def fill_star(cursor, stage, star):
    for statement in statements("insert", stage, star):
        cursor.execute(statement)


def check_star(cursor, stage, star):
    """What etl makes sure of before it publishes."""
    for statement in statements("check", stage, star):
        cursor.execute(statement)
        if found := cursor.fetchall():
            raise SystemExit(f"A check found {found[:3]}:\n{statement}")


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
