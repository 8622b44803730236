"""Peer: Python's json and psycopg2 COPY into the same PostgreSQL server, then the same star SQL.

Usage: peer_python.py DATA. The server comes from libpq's environment (PGHOST, PGPASSFILE ...); it
must hold the tables of create_tables, whose definitions are copied into schemas of the peer's own.
One file is parsed into one CSV buffer and sent; all in one transaction, which on a server with
wal_level = minimal is the fast way. Prints the row counts as JSON.
"""

import csv
import datetime
import io
import json
import pathlib
import sys

import psycopg2

import star_sql

STAGE, STAR = "bench_stage", "bench_star"
EPOCH = datetime.datetime(1970, 1, 1)


def create_tables(cursor):
    for kind, schema in (("stage", STAGE), ("star", STAR)):
        cursor.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE; CREATE SCHEMA {schema}")
        for table in star_sql.TABLES[kind]:
            cursor.execute(
                "SELECT relpersistence = 'u' FROM pg_class WHERE oid = %s::regclass",
                (f"{kind}.{table}",),
            )
            unlogged = "UNLOGGED" if cursor.fetchone()[0] else ""
            cursor.execute(
                f"CREATE {unlogged} TABLE {schema}.{table} (LIKE {kind}.{table} INCLUDING ALL)"
            )


def copy(cursor, table, columns, buffer):
    # The csv module writes None and "" alike as nothing, which COPY reads as NULL.
    buffer.seek(0)
    cursor.copy_expert(
        f"COPY {STAGE}.{table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)", buffer
    )


def load_events(cursor, paths):
    *before, _, agent, user = star_sql.EVENT_KEYS
    for path in paths:
        buffer = io.StringIO()
        writer = csv.writer(buffer)
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                event = json.loads(line)
                row = [event[key] for key in before]
                row.append(EPOCH + datetime.timedelta(milliseconds=event["ts"]))
                row.append(event[agent])
                row.append(event[user])
                writer.writerow(row)
        copy(cursor, "staging_events", star_sql.EVENT_COLUMNS, buffer)


def load_songs(cursor, paths):
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for path in paths:
        with open(path, encoding="utf-8") as file:
            song = json.load(file)
        writer.writerow([song[key] for key in star_sql.SONG_KEYS])
    copy(cursor, "staging_songs", star_sql.SONG_KEYS, buffer)


def analyze(cursor, kind, schema):
    """What follows would be planned for empty tables otherwise."""
    for table in star_sql.TABLES[kind]:
        cursor.execute(f"ANALYZE {schema}.{table}")


def main():
    data = pathlib.Path(sys.argv[1])
    connection = psycopg2.connect("")
    with connection, connection.cursor() as cursor:
        create_tables(cursor)
        load_events(cursor, sorted((data / "log_data").rglob("*.json")))
        load_songs(cursor, (data / "song_data").rglob("*.json"))
        analyze(cursor, "stage", STAGE)
        star_sql.fill_star(cursor, STAGE, STAR)
        analyze(cursor, "star", STAR)
        star_sql.check_star(cursor, STAGE, STAR)
    with connection, connection.cursor() as cursor:
        names, query = star_sql.counts_query(STAGE, STAR)
        cursor.execute(query)
        print(json.dumps(dict(zip(names, cursor.fetchone()))))
    connection.close()


if __name__ == "__main__":
    main()
