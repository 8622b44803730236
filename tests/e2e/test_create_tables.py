"""create_tables: what it drops, what it keeps, what it shows, and that it does all or nothing."""

import os
import pty
import re
import subprocess

import pytest

from support.postgres import TemporaryPostgres

pytestmark = pytest.mark.db

TABLES = ["stage.delta_plays", "stage.delta_songs", "stage.delta_users", "stage.etl_lock",
          "stage.etl_objects", "stage.etl_profiles", "stage.etl_runs", "stage.etl_tables",
          "stage.repeated_plays", "stage.staging_events", "stage.staging_songs", "star.artists",
          "star.songplays", "star.songs", "star.time", "star.users"]

# Everything a table is: columns with type, NOT NULL, default and identity; keys and indexes.
CATALOGUE = """
SELECT n.nspname || '.' || c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
       a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname IN ('stage', 'star') AND c.relkind = 'r'
UNION ALL
SELECT conrelid::regclass::text, 0, conname, pg_get_constraintdef(oid), NULL, NULL, NULL
FROM pg_constraint
WHERE connamespace IN (SELECT oid FROM pg_namespace WHERE nspname IN ('stage', 'star'))
UNION ALL
SELECT schemaname || '.' || tablename, 0, indexname, indexdef, NULL, NULL, NULL
FROM pg_indexes WHERE schemaname IN ('stage', 'star')
ORDER BY 1, 2, 3, 4
"""


def tables(dwh) -> list[str]:
    return dwh.sql("SELECT schemaname || '.' || tablename FROM pg_tables"
                   " WHERE schemaname IN ('stage', 'star') ORDER BY 1").splitlines()


def drop_all(dwh) -> None:
    dwh.sql("DROP SCHEMA stage CASCADE; DROP SCHEMA star CASCADE")


def told(messages: str, what: str) -> list[str]:
    """The tables of a message such as "Created tables: [a, b]."."""
    found = re.search(rf"^{what} tables: \[(.*)\]\.$", messages, re.M)
    return sorted(found.group(1).split(", ")) if found else []


def identities(dwh) -> str:
    """The tables by object id: another id is another table."""
    return dwh.sql("SELECT c.oid, relname FROM pg_class c"
                   " JOIN pg_namespace n ON n.oid = relnamespace"
                   " WHERE nspname IN ('stage', 'star') AND relkind = 'r' ORDER BY 2")


def test_creates_and_creates_anew(dwh):
    drop_all(dwh)
    done = dwh.create_tables()
    assert told(done.err, "Created") == tables(dwh) == TABLES
    assert told(done.err, "Dropped") == []
    assert done.out == ""
    before = identities(dwh)
    done = dwh.create_tables()  # no rows: nothing to lose
    assert told(done.err, "Dropped") == told(done.err, "Created") == TABLES
    assert set(identities(dwh).splitlines()).isdisjoint(before.splitlines())


def test_the_tables_of_another_model_go(dwh):
    """A view of history would keep its users; and none of its tables stays behind."""
    dwh.choose("history")
    dwh.etl()
    assert set(tables(dwh)) - set(TABLES) == {"stage.delta_states", "stage.delta_versions"}
    assert dwh.sql("SELECT count(*) > 0 FROM star.users_as_of WHERE as_of = CURRENT_DATE") == "t"
    dwh.set("DWH", "MODEL", "classic")
    refused = dwh.create_tables(check=1).err
    assert "star.users" in refused and "users_as_of" not in refused
    done = dwh.create_tables("--force")
    assert "star.users_as_of" in told(done.err, "Dropped")
    assert told(done.err, "Created") == tables(dwh) == TABLES
    assert dwh.sql("SELECT count(*) FROM pg_views WHERE schemaname = 'star'") == "0"


def test_rows_are_not_dropped_unasked(dwh):
    dwh.etl()
    content, before = dwh.content(), identities(dwh)
    done = dwh.create_tables(check=1)
    assert "star.users" in done.err and "--force" in done.err and "--if-missing" in done.err
    assert "stage.etl_lock" not in done.err, "an empty table"
    assert dwh.content() == content and identities(dwh) == before
    dwh.create_tables("--force")
    assert identities(dwh) != before
    assert dwh.sql("SELECT count(*) FROM star.users") == "0"
    dwh.etl()
    assert dwh.content() == content, "the ledger went with the rows"


@pytest.mark.parametrize("answer, status", [("sparkify", 0), ("yes", 1), ("", 1)])
def test_typed_name_on_a_terminal(dwh, answer, status):
    dwh.sql("INSERT INTO star.users (user_id, last_play) VALUES (1, now())")
    master, slave = pty.openpty()
    process = subprocess.Popen(dwh.programs.command("create_tables", cfg=dwh.cfg), stdin=slave,
                               stdout=slave, stderr=slave)
    os.close(slave)
    os.write(master, f"{answer}\n".encode())
    assert process.wait(60) == status
    os.close(master)
    assert dwh.sql("SELECT count(*) FROM star.users") == ("0" if status == 0 else "1")


def test_if_missing_keeps_rows(dwh):
    dwh.etl()
    dwh.sql("DROP TABLE star.artists CASCADE")
    users = dwh.sql("SELECT count(*) FROM star.users")
    done = dwh.create_tables("--if-missing")
    assert told(done.err, "Created") == ["star.artists"]
    assert told(done.err, "Kept") == [table for table in TABLES if table != "star.artists"]
    assert dwh.sql("SELECT count(*) FROM star.users") == users
    done = dwh.create_tables("--if-missing")
    assert told(done.err, "Created") == [] and "exist already" in done.err
    assert "excludes" in dwh.create_tables("--if-missing", "--force", check=2).err


def test_print_is_what_is_sent(dwh):
    """The text, run by psql in another server, makes the same tables."""
    text = dwh.create_tables("--print").out
    made = dwh.sql(CATALOGUE)
    assert "identity" in made.lower() or "|a|" in made or "|d|" in made
    with TemporaryPostgres() as other:
        psql = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", other.conninfo]
        for _ in range(2):  # the second time with tables to drop
            subprocess.run(psql, input=text, text=True, check=True, capture_output=True)
        shown = subprocess.run([*psql, "-c", CATALOGUE], text=True, check=True, capture_output=True)
    assert shown.stdout.strip() == made


def test_print_needs_no_server_and_changes_nothing(dwh):
    before = identities(dwh)
    shown = dwh.create_tables("--print").out
    assert identities(dwh) == before
    dwh.manage("pause")
    assert dwh.create_tables("--print").out == shown
    dwh.manage("resume")


def test_print_for_redshift_is_redshifts_sql(dwh):
    local = dwh.create_tables("--print").out
    dwh.set("DWH", "ENGINE", "redshift")
    remote = dwh.create_tables("--print").out
    for words in ("IDENTITY(0, 1)", "DISTSTYLE EVEN", "SORTKEY", "BACKUP NO"):
        assert words in remote
        assert words not in local
    creates = re.findall(r'^CREATE TABLE "(\w+)"\.(\w+)', remote, re.M)
    assert sorted(".".join(names) for names in creates) == TABLES
    drops = re.findall(r'^DROP TABLE IF EXISTS "(\w+)"\."?(\w+)', remote, re.M)
    assert sorted(".".join(names) for names in drops) == TABLES


def test_schemas_of_the_configuration(dwh):
    dwh.set("DWH", "STAGE_SCHEMA", "raw")
    dwh.set("DWH", "STAR_SCHEMA", "mart")
    dwh.create_tables()
    dwh.etl()
    assert int(dwh.sql("SELECT count(*) FROM mart.songplays")) > 0
    assert dwh.sql("SELECT count(*) FROM star.songplays") == "0"
    dwh.sql("DROP SCHEMA raw CASCADE; DROP SCHEMA mart CASCADE")


def test_failing_ddl_leaves_everything_as_it_was(dwh):
    dwh.etl()
    dwh.sql("CREATE VIEW star.listeners AS SELECT user_id FROM star.users")
    content, before = dwh.content(), identities(dwh)
    done = dwh.create_tables("--force", check=1)
    assert "star.listeners" in done.err or "depend" in done.err
    assert dwh.content() == content and identities(dwh) == before
    dwh.sql("DROP VIEW star.listeners")
    dwh.create_tables("--force")


def test_paused_server(dwh):
    dwh.manage("pause")
    assert "manage_dwh resume" in dwh.create_tables(check=3).err
    dwh.manage("resume")
