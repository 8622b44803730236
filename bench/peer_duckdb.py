"""Peer: DuckDB, read_json into tables of its own database file, then the same star SQL.

Usage: peer_duckdb.py DATA DATABASE_FILE THREADS KEEP_ORDER. Columns and formats are given, so that
nothing is guessed from samples. KEEP_ORDER is true (DuckDB's default) or false, which lets it store
rows as they come and is much faster with many small files. Prints the row counts as JSON.
"""

import json
import sys

import duckdb

import star_sql

EVENT_TYPES = {
    "itemInSession": "INTEGER",
    "length": "DOUBLE",
    "registration": "DOUBLE",
    "sessionId": "BIGINT",
    "status": "INTEGER",
    "ts": "BIGINT",
}
SONG_TYPES = {
    "num_songs": "INTEGER",
    "artist_latitude": "DOUBLE",
    "artist_longitude": "DOUBLE",
    "duration": "DOUBLE",
    "year": "INTEGER",
}
TABLES = """
CREATE TABLE star.users (user_id INTEGER, first_name VARCHAR, last_name VARCHAR, gender VARCHAR,
                         level VARCHAR, last_play TIMESTAMP);
CREATE TABLE star.songs (song_id VARCHAR, title VARCHAR, artist_id VARCHAR, year INTEGER,
                         duration DOUBLE);
CREATE TABLE star.artists (artist_id VARCHAR, name VARCHAR, location VARCHAR, latitude DOUBLE,
                           longitude DOUBLE);
CREATE TABLE star.time (start_time TIMESTAMP, hour INTEGER, day INTEGER, week INTEGER,
                        month INTEGER, year INTEGER, weekday INTEGER);
CREATE SEQUENCE star.songplay_ids MINVALUE 0;
CREATE TABLE star.songplays (songplay_id BIGINT DEFAULT nextval('star.songplay_ids'),
                             start_time TIMESTAMP, user_id INTEGER, level VARCHAR, song_id VARCHAR,
                             artist_id VARCHAR, session_id BIGINT, location VARCHAR,
                             user_agent VARCHAR, item_in_session INTEGER);
CREATE TABLE stage.delta_plays (ts TIMESTAMP, user_id INTEGER);
CREATE TABLE stage.repeated_plays (ts TIMESTAMP, user_id INTEGER, session_id BIGINT,
                                   item_in_session INTEGER, level VARCHAR, song VARCHAR,
                                   artist VARCHAR, length DOUBLE, location VARCHAR,
                                   user_agent VARCHAR);
"""
# What is not a plain column: the empty user id of visitors, and times in milliseconds.
EVENT_EXPRESSIONS = {"ts": "epoch_ms(ts)", "userId": "CAST(NULLIF(userId, '') AS INTEGER)"}
SONG_EXPRESSIONS = {"artist_location": "NULLIF(artist_location, '')"}


def read_json(pattern, keys, types):
    columns = ", ".join(f"'{key}': '{types.get(key, 'VARCHAR')}'" for key in keys)
    return f"read_json('{pattern}', format = 'newline_delimited', columns = {{{columns}}})"


def staging(table, source, keys, names, expressions):
    columns = ", ".join(
        f"{expressions.get(key, chr(34) + key + chr(34))} AS {name}"
        for key, name in zip(keys, names)
    )
    return f"CREATE TABLE stage.{table} AS SELECT {columns} FROM {source}"


def main():
    data, database, threads, keep_order = sys.argv[1:]
    connection = duckdb.connect(
        database, config={"threads": threads, "preserve_insertion_order": keep_order}
    )
    connection.execute("CREATE SCHEMA stage; CREATE SCHEMA star;" + TABLES)
    connection.execute(
        staging(
            "staging_events",
            read_json(f"{data}/log_data/**/*.json", star_sql.EVENT_KEYS, EVENT_TYPES),
            star_sql.EVENT_KEYS,
            star_sql.EVENT_COLUMNS,
            EVENT_EXPRESSIONS,
        )
    )
    connection.execute(
        staging(
            "staging_songs",
            read_json(f"{data}/song_data/**/*.json", star_sql.SONG_KEYS, SONG_TYPES),
            star_sql.SONG_KEYS,
            star_sql.SONG_KEYS,
            SONG_EXPRESSIONS,
        )
    )
    star_sql.fill_star(connection, "stage", "star")
    star_sql.check_star(connection, "stage", "star")
    names, query = star_sql.counts_query("stage", "star")
    print(json.dumps(dict(zip(names, connection.execute(query).fetchone()))))
    connection.close()


if __name__ == "__main__":
    main()
