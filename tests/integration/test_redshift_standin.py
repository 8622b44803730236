"""The Redshift stand-in itself: what other tests rely on when they say "on Redshift".

Expectations come from redshift-copy-and-sql.md, under whose sections the tests stand, and are asked
for with libpq by way of psycopg and psql. None of the project's programs is needed.
"""

import bz2
import gzip
import json
import signal
import subprocess
import threading
from contextlib import closing

import psycopg
import pytest
import zstandard

from support.etl_warehouse import wait_until
from support.moto import Key
from support.postgres_fixture import postgres  # noqa: F401  pylint: disable=unused-import
from support.redshift_fixture import (  # noqa: F401  pylint: disable=unused-import
    BUCKET, DATABASE, PASSWORD, ROLE, USER, authority, make_redshift, moto, redshift,
    shared_redshift)
from support.redshift_lexer import split
from support.redshift_tls import TestAuthority
from support.sparkify import EVENT_KEYS, in_order, write_sparkify
from support.sql_files import MODELS, files_of
from support.versions import STARS, expected_star, shown

pytestmark = [pytest.mark.db, pytest.mark.aws]

ALL = "MAXERROR 100000"


def connect(server, **changes):
    settings = {"host": "127.0.0.1", "port": server.port, "dbname": DATABASE, "user": USER,
                "password": PASSWORD, "sslmode": "require", "autocommit": True,
                "prepare_threshold": None}  # psycopg would send DEALLOCATE ALL
    return psycopg.connect(**(settings | changes))


def psql_env(server) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PGHOST": "localhost", "PGPORT": str(server.port),
            "PGUSER": USER, "PGPASSWORD": PASSWORD, "PGDATABASE": DATABASE, "PGSSLMODE": "require"}


@pytest.fixture(name="session")
def open_session(redshift):  # noqa: F811
    """A connection in a schema of its own; `session.notices` are the messages it was sent."""
    with closing(connect(redshift)) as session:
        session.notices = []
        session.add_notice_handler(lambda said: session.notices.append(
            f"{said.severity}:  {said.message_primary}"))
        session.execute("DROP SCHEMA IF EXISTS test CASCADE")
        session.execute("CREATE SCHEMA test")
        session.execute("SET search_path TO test")
        session.notices.clear()
        yield session


@pytest.fixture(name="bucket")
def empty_bucket(moto):  # noqa: F811
    """put(key, content) writes an object; nothing else is in the bucket."""
    s3 = moto.client("s3")
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])

    def put(key: str, content: str | bytes | dict) -> str:
        if isinstance(content, dict):
            content = json.dumps(content)
        s3.put_object(Bucket=BUCKET, Key=key, Body=content)
        return f"s3://{BUCKET}/{key}"

    return put


def refused(session, sql: str, parameters=None) -> str:
    """The SQLSTATE and message of a statement that fails."""
    with pytest.raises(psycopg.Error) as caught:
        session.execute(sql, parameters)
    return f"{caught.value.sqlstate} {caught.value.diag.message_primary}"


def value(session, expression: str):
    return session.execute(f"SELECT {expression}").fetchone()[0]


# ---- 6 Connections ------------------------------------------------------------------------------


def test_it_says_what_redshift_says(session):
    assert session.execute("SELECT version()").fetchone()[0].startswith(
        "PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC")
    assert "Redshift 1.0." in value(session, "version()")
    assert session.info.server_version == 80002
    assert session.info.parameter_status("client_encoding") == "UNICODE"
    assert value(session, "pg_backend_pid()") == session.info.backend_pid


def test_tls(redshift, authority, tmp_path):  # noqa: F811
    for host in ("127.0.0.1", "localhost"):
        with connect(redshift, host=host, sslmode="verify-full", sslrootcert=str(authority.ca)):
            assert redshift.logins[-1].tls
    stranger = TestAuthority(tmp_path)
    for mode in ("verify-ca", "verify-full"):
        with pytest.raises(psycopg.OperationalError, match="certificate verify failed"):
            connect(redshift, sslmode=mode, sslrootcert=str(stranger.ca))
    with connect(redshift, sslmode="disable"):
        assert not redshift.logins[-1].tls


def test_tls_for_another_name(make_redshift, tmp_path):  # noqa: F811
    authority = TestAuthority(tmp_path, names=("elsewhere.example",), addresses=())
    server = make_redshift(tls=authority.context, require_tls=True)
    settings = {"sslrootcert": str(authority.ca), "host": "localhost"}
    connect(server, sslmode="verify-ca", **settings).close()
    with pytest.raises(psycopg.OperationalError, match="does not match host name"):
        connect(server, sslmode="verify-full", **settings)
    with pytest.raises(psycopg.OperationalError, match="SSL off"):
        connect(server, sslmode="disable")


def test_without_tls(make_redshift):  # noqa: F811
    server = make_redshift(tls=None)
    connect(server, sslmode="prefer").close()
    with pytest.raises(psycopg.OperationalError, match="does not support SSL"):
        connect(server)


def test_passwords(redshift):  # noqa: F811
    with pytest.raises(psycopg.OperationalError,
                       match=f'password authentication failed for user "{USER}"'):
        connect(redshift, password="wrong")
    with pytest.raises(psycopg.OperationalError, match='failed for user "nobody"'):
        connect(redshift, user="nobody")
    with pytest.raises(psycopg.OperationalError, match='database "other" does not exist'):
        connect(redshift, dbname="other")
    assert [(one.user, one.accepted) for one in redshift.logins] == [
        (USER, False), ("nobody", False), (USER, True)]
    redshift.add_credentials("IAM:dwhuser", "temporary/+==")
    connect(redshift, user="IAM:dwhuser", password="temporary/+==").close()
    redshift.revoke_credentials("IAM:dwhuser")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(redshift, user="IAM:dwhuser", password="temporary/+==")


def test_password_stored_as_sha256(redshift):  # noqa: F811
    """Fact 9."""
    redshift.sha256_users.add("modern")
    with pytest.raises(psycopg.OperationalError, match="authentication method 13 not supported"):
        connect(redshift, user="modern")


@pytest.mark.parametrize("given", [
    {"options": "-c extra_float_digits=3"}, {"options": "-c IntervalStyle=iso_8601"},
    {"options": "-c standard_conforming_strings=on"}, {"options": "-cgeqo=off"},
    {"options": "-c statement_timeout=5 -c lc_monetary=C"}, {"client_encoding": "LATIN1"},
])
def test_startup_parameters_it_does_not_know(redshift, given):  # noqa: F811
    with pytest.raises(psycopg.OperationalError, match="parameter"):
        connect(redshift, **given)


def test_startup_parameters_it_knows(redshift):  # noqa: F811
    with connect(redshift, application_name="etl", client_encoding="UTF8", keepalives_idle=60,
                 options="-c query_group=etl -c statement_timeout=60000") as session:
        assert session.execute("SHOW query_group").fetchone() == ("etl",)
        assert session.execute("SHOW statement_timeout").fetchone() == ("1min",)
    assert redshift.logins[-1].parameters["application_name"] == "etl"


def test_psql(redshift, authority):  # noqa: F811
    """The person's way in: simple protocol, several statements, NULLs, an error."""
    done = subprocess.run(
        ["psql", "-XAt", "-v", "ON_ERROR_STOP=1", "-c", "SELECT 1, NULL, 'é'; SELECT 2",
         "-c", "SAVEPOINT x"], capture_output=True, text=True, timeout=60, check=False,
        env=psql_env(redshift) | {"PGSSLMODE": "verify-full", "PGSSLROOTCERT": str(authority.ca)})
    assert (done.returncode, done.stdout) == (1, "1||é\n2\n")
    assert 'ERROR:  SQL command "SAVEPOINT x" not supported.' in done.stderr
    assert redshift.texts() == ["SELECT 1, NULL, 'é'", "SELECT 2", "SAVEPOINT x"]


# ---- 5, 6 What Redshift does not take -----------------------------------------------------------

REFUSED = {
    "SAVEPOINT a": "0A000", "RELEASE SAVEPOINT a": "0A000", "ROLLBACK TO SAVEPOINT a": "0A000",
    "LISTEN a": "0A000", "NOTIFY a": "0A000", "DEALLOCATE ALL": "0A000",
    "COPY t FROM STDIN": "0A000 LOAD source is not supported.",
    "COPY t TO STDOUT": "42601", "COPY t FROM '/tmp/x' IAM_ROLE 'r' JSON 'auto'":
        "0A000 LOAD source is not supported.",
    "INSERT INTO t VALUES (1) ON CONFLICT DO NOTHING": '42601 syntax error at or near "ON"',
    "INSERT INTO t VALUES (1) RETURNING a": '42601 syntax error at or near "RETURNING"',
    "UPDATE t SET a = 1 RETURNING a": '42601 syntax error at or near "RETURNING"',
    "SELECT COUNT(*) FILTER (WHERE a > 1) FROM t": "42601",
    "SELECT DISTINCT ON (a) a FROM t": "0A000 SELECT DISTINCT ON is not supported",
    "SELECT 1 WHERE 1 IS DISTINCT FROM 2": '42601 syntax error at or near "DISTINCT"',
    "SELECT 1 WHERE 1 IS NOT DISTINCT FROM 2": '42601 syntax error at or near "DISTINCT"',
    "SELECT * FROM (VALUES (1)) v": '42601 syntax error at or near "VALUES"',
    "SELECT ARRAY[1]": "42883", "SELECT E'a\\n'": '42704 type "e" does not exist',
    "SELECT pg_advisory_lock(1)": "42883 function pg_advisory_lock() does not exist",
    "SELECT pg_try_advisory_xact_lock(1)": "42883", "SELECT pg_sleep(1)": "42883",
    "SELECT gen_random_uuid()": "42883", "SELECT STRING_AGG('a', ',')": "42883",
    "SELECT to_jsonb(1)": "42883", "SELECT now()": "0A000", "SELECT CURRENT_TIMESTAMP": "0A000",
    "SELECT generate_series(1, 3)": "", "INSERT INTO t SELECT generate_series(1, 3)": "",
    "SELECT a FROM t, pg_class": "0A000 Specified types or functions",
    "SELECT a FROM t JOIN information_schema.tables ON true": "0A000 Specified types or functions",
    "DELETE FROM t AS x WHERE x.a = 1": "42601", "DELETE FROM t x USING t y WHERE x.a = y.a":
        "42601",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED THEN UPDATE SET a = 1": "42601",
    "MERGE INTO t USING s ON t.a = s.a WHEN MATCHED AND s.a > 1 THEN UPDATE SET a = 1 "
    "WHEN NOT MATCHED THEN INSERT (a) VALUES (s.a)": "42601",
    "CREATE TABLE x (a SERIAL)": "42704", "CREATE TABLE x (a UUID)": "42704",
    "CREATE TABLE x (a JSONB)": "42704", "CREATE TABLE x (a INT[])": "42704",
    "CREATE TABLE x (a VARCHAR(65536))": "42601", "CREATE TABLE x (a NUMERIC(39, 2))": "22023",
    "CREATE TABLE x (a VARCHAR(9) IDENTITY(0,1))": "42601",
    "CREATE TABLE x (a INT) SORTKEY (b)": "42703", "CREATE TABLE x (a INT) DISTKEY (b)": "42703",
    "CREATE TABLE x (a INT, FOREIGN KEY (a) REFERENCES nowhere (a))": "42P01",
    "CREATE TABLE x (a INT REFERENCES nowhere (a))": "42P01",
    "CREATE UNLOGGED TABLE x (a INT)": "", "CREATE INDEX i ON t (a)": "",
    "ALTER TABLE t ADD COLUMN b INT, ADD COLUMN c INT": "42601",
    "SET standard_conforming_strings TO on": "42704", "SET IntervalStyle TO iso_8601": "42704",
    "SET lc_monetary TO 'C'": "42704", "SHOW server_version_num": "42704",
    "SET extra_float_digits TO 3": "22023 3 is outside the valid range",
    "SET LOCAL lock_timeout TO 5": "42704", "SET synchronous_commit TO off": "42704",
    "SELECT current_setting('x')": "42883", "EXPLAIN SELECT 1": "", "DO 'BEGIN END'": "0A000",
    "LOCK t IN SHARE MODE": '42601 syntax error at or near "IN"', "FETCH 1001 FROM c": "0A000",
    "SELEC 1": '42601 syntax error at or near "SELEC"', "SELECT FROM WHERE": "42601",
    "SELECT 'a": "42601", "INSERT INTO t VALUES (1, 2), (3)": "42601",
    "SELECT a FROM nowhere": "42P01", "SELECT nowhere FROM t": "42703",
}


@pytest.mark.parametrize("sql", REFUSED)
def test_refused(session, sql):
    session.execute("CREATE TABLE t (a INT); CREATE TABLE s (a INT)")
    assert refused(session, sql).startswith(REFUSED[sql])
    # Whoever found the error, it ends the transaction that it is in.
    session.execute("BEGIN")
    refused(session, sql)
    assert refused(session, "SELECT 1").startswith("25P02 current transaction is aborted")
    session.execute("ROLLBACK")
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


@pytest.mark.parametrize("sql", ["SAVEPOINT a", "SELECT pg_advisory_lock(%s)",
                                 "INSERT INTO t VALUES (%s) ON CONFLICT DO NOTHING"])
def test_refused_with_parameters(session, sql, redshift):  # noqa: F811
    session.execute("CREATE TABLE t (a INT)")
    assert refused(session, sql, [1] * sql.count("%s"))
    assert redshift.statements[-1].outcome not in ("", "ok")


def test_vacuum_and_truncate_in_a_transaction(session):
    session.execute("CREATE TABLE t (a INT); CREATE TABLE u (a INT)")
    session.execute("VACUUM DELETE ONLY t")
    session.execute("BEGIN")
    assert refused(session, "VACUUM t") == "25001 VACUUM cannot run inside a transaction block"
    session.execute("ROLLBACK")
    # TRUNCATE commits: what was done before it too (fact 2).
    session.execute("INSERT INTO u VALUES (1)")
    session.execute("BEGIN")
    session.execute("INSERT INTO t VALUES (1)")
    session.execute("TRUNCATE u")
    assert session.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    session.execute("ROLLBACK")
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (1,)
    assert session.execute("SELECT COUNT(*) FROM u").fetchone() == (0,)


def test_statements_and_parameters_have_limits(session):
    session.execute("CREATE TABLE t (a VARCHAR(MAX))")
    assert refused(session, f"SELECT '{'x' * (16 << 20)}'").startswith("54000")
    rows = ", ".join(["(%s)"] * 32768)
    assert refused(session, f"INSERT INTO t VALUES {rows}", ["x"] * 32768).startswith("54000")
    session.execute(f"INSERT INTO t VALUES {rows[:-6]}", ["x"] * 32767)
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (32767,)


# ---- 5 What it takes, and means by it -----------------------------------------------------------


@pytest.mark.parametrize("expression, expected", [
    ("EXTRACT(second FROM TIMESTAMP '2018-11-01 20:57:10.796')", 10),
    ("EXTRACT(week FROM TIMESTAMP '2018-12-31 00:00:00')", 1),
    ("EXTRACT(dow FROM TIMESTAMP '2018-11-04 00:00:00')", 0),
    ("EXTRACT(epoch FROM TIMESTAMP '1970-01-02 00:00:00')", 86400),
    ("DATEDIFF(day, '2008-02-28', '2008-03-01')", 2),
    ("DATEDIFF(hour, '2009-01-01 8:59:59', '2009-01-01 10:00:00')", 2),
    ("DATEDIFF(month, '2008-01-31', '2008-02-01')", 1),
    ("CAST(DATEADD(day, 30, '2008-11-01') AS VARCHAR)", "2008-12-01 00:00:00"),
    ("NVL(NULL, 3)", 3), ("NVL2(NULL, 1, 2)", 2), ("DECODE(2, 1, 'a', 2, 'b')", "b"),
    ("LEN('Łódź')", 4), ("'a' || NULL", None), ("CONCAT('a', 'b')", "ab"),
    ("CONCAT('a', NULL)", None), (r"'a\\b\'c'", "a\\b'c"), ("'it''s'", "it's"), (r"'a\tb'", "a\tb"),
    ("'abc'::VARCHAR(2)", "ab"), ("LEN(CAST(REPEAT_ AS VARCHAR)) FROM (SELECT '%s' AS repeat_) x"
                                  % ("x" * 300), 256),
    ("CAST(1.5 AS NUMERIC)", 2), ("CAST('12' AS INT) + 1", 13), ("7 / 2", 3),
    ("COALESCE(NULL, 'x')", "x"), ("NULLIF(1, 1)", None), ("TRIM('  a ')", "a"),
    ("SUBSTRING('abc', 2, 1)", "b"), ("STRPOS('abc', 'c')", 3), ("GETDATE() > '2020-01-01'", True),
    ("SYSDATE > '2020-01-01'", True), ("MD5('a')", "0cc175b9c0f1b6a831c399e269772661"),
    ("CASE WHEN 1 = 1 THEN 'a' END", "a"), ("TIMESTAMP '2018-01-01 00:00:00' + INTERVAL '1 day' > "
                                            "TIMESTAMP '2018-01-01 12:00:00'", True),
])
def test_expressions(session, expression, expected):
    assert value(session, expression) == expected


@pytest.mark.parametrize("sql, rows", [
    ("SELECT AVG(a) FROM t", [(1,)]), ("SELECT AVG(b) FROM t", [(1.5,)]),
    ("SELECT a FROM t QUALIFY ROW_NUMBER() OVER (PARTITION BY 1 ORDER BY a DESC) = 1", [(2,)]),
    ("SELECT TOP 1 a FROM t ORDER BY a", [(1,)]),
    ("WITH w AS (SELECT MAX(a) AS m FROM t) SELECT m FROM w", [(2,)]),
    ("SELECT a FROM t WHERE a IN (SELECT 2) ORDER BY 1", [(2,)]),
    ("SELECT a FROM t EXCEPT SELECT 1", [(2,)]),
    ('SELECT "A" AS "Select" FROM "T" ORDER BY "SELECT"', [(1,), (2,)]),
    ("SELECT x.a, LAG(x.a) OVER (ORDER BY x.a) FROM t x ORDER BY 1", [(1, None), (2, 1)]),
    ("SELECT 1 FROM information_schema.tables WHERE table_schema = 'test' AND table_name = 't'",
     [(1,)]),
])
def test_queries(session, sql, rows):
    session.execute("CREATE TABLE t (a INT, b FLOAT); INSERT INTO t VALUES (1, 1), (2, 2)")
    assert session.execute(sql).fetchall() == rows


def test_writing_statements(session):
    session.execute("CREATE TABLE t (k INT, v VARCHAR(20)); CREATE TABLE s (k INT, v VARCHAR(20))")
    assert session.execute("INSERT INTO t VALUES (%s, %s), (%s, NULL), (-3, 'it''s')",
                           [1, "a\\b", 2]).statusmessage == "INSERT 0 3"
    session.execute("INSERT INTO s SELECT k, 'new' FROM t WHERE k > 0")
    session.execute("INSERT INTO s VALUES (9, 'n')")
    session.execute("DELETE FROM t USING s WHERE t.k = s.k AND s.k = 2")
    session.execute("UPDATE t SET v = s.v || '!' FROM s WHERE t.k = s.k")
    session.execute("MERGE INTO t USING (SELECT k, v FROM s) x ON t.k = x.k WHEN MATCHED THEN"
                    " UPDATE SET v = x.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (x.k, x.v)")
    assert session.execute("SELECT k, v FROM t ORDER BY k").fetchall() == [
        (-3, "it's"), (1, "new"), (2, "new"), (9, "n")]
    # As of 8.0: no count.
    assert session.execute("SELECT k FROM t").statusmessage == "SELECT"


def test_tables(session):
    """Keys are information, NOT NULL is not, lengths are bytes, identity has gaps."""
    session.execute("""CREATE TABLE p (id INT NOT NULL DISTKEY, PRIMARY KEY (id));
        CREATE TABLE t (id BIGINT IDENTITY(5, 1), k INT REFERENCES p (id), v VARCHAR(4) ENCODE lzo,
          n NUMERIC, w VARCHAR, d INT DEFAULT 7, UNIQUE (k), FOREIGN KEY (k) REFERENCES p (id))
          BACKUP NO DISTSTYLE KEY DISTKEY (k) COMPOUND SORTKEY (k, v);
        CREATE TABLE l (LIKE t); CREATE TEMP TABLE e (a INT); CREATE TABLE #f (a INT);
        CREATE TABLE c DISTSTYLE ALL AS SELECT 1 AS a;""")
    session.execute("INSERT INTO p VALUES (1), (1)")
    session.execute("INSERT INTO t (k, v, n) VALUES (99, 'éé', 2.6), (99, 'abcd', 1)")
    rows = session.execute("SELECT id, k, v, n, d FROM t ORDER BY id").fetchall()
    assert rows[0] == (5, 99, "éé", 3, 7)
    assert rows[1][0] > 6
    too_long = "22001 value too long for type character varying(4)"
    assert refused(session, "INSERT INTO t (v) VALUES ('ééx')") == too_long
    assert refused(session, "INSERT INTO l (id, v) VALUES (1, 'ééx')") == too_long
    assert refused(session, "INSERT INTO t (w) VALUES (%s)", ["x" * 257]).startswith("22001")
    assert refused(session, "INSERT INTO p VALUES (NULL)").startswith("23502")
    assert session.execute("SELECT d FROM l").fetchall() == []
    assert refused(session, "INSERT INTO t (id) VALUES (1)").startswith("428C9")
    # 7: who is referred to goes last, or with CASCADE.
    assert refused(session, "DROP TABLE p").startswith("2BP01 cannot drop table p because other")
    session.execute("DROP TABLE t, p")
    session.execute("ALTER TABLE c ADD COLUMN b INT")
    session.execute("ALTER TABLE c RENAME TO d")
    assert session.execute("SELECT a, b FROM d").fetchall() == [(1, None)]


def test_settings(session):
    session.execute("SET query_group TO 'dwh etl'")
    assert session.execute("SHOW query_group").fetchone() == ("dwh etl",)
    session.execute("BEGIN")
    session.execute("SET query_group TO stage")
    session.execute("ROLLBACK")
    assert session.execute("SHOW query_group").fetchone() == ("dwh etl",)
    session.execute("RESET query_group")
    assert session.execute("SHOW query_group").fetchone()[0] in (None, "")
    session.execute("SET search_path TO test, public")
    session.execute("SET enable_result_cache_for_session TO off")


def test_cursors(session):
    session.execute("CREATE TABLE t (a INT)")
    session.execute("INSERT INTO t VALUES " + ", ".join(f"({i})" for i in range(1500)))
    session.execute("BEGIN")
    session.execute("DECLARE c CURSOR FOR SELECT a FROM t WHERE a >= %s ORDER BY a", [10])
    assert len(session.execute("FETCH FORWARD 1000 FROM c").fetchall()) == 1000
    assert session.execute("FETCH FORWARD 1000 FROM c").fetchall()[-1] == (1499,)
    assert session.execute("FETCH FORWARD 1000 FROM c").fetchall() == []
    session.execute("CLOSE c")
    session.execute("COMMIT")


# ---- 5.1 Concurrency ----------------------------------------------------------------------------


def test_snapshot_is_of_the_first_statement_after_the_lock(redshift, session):  # noqa: F811
    session.execute("CREATE TABLE l (a INT); CREATE TABLE t (a INT)")
    with closing(connect(redshift, options="-c search_path=test")) as other:
        session.execute("BEGIN")
        session.execute("LOCK l")
        other.execute("INSERT INTO t VALUES (1)")
        assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (1,)
        other.execute("INSERT INTO t VALUES (2)")
        assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (1,)
        # LOCK shuts out readers too.
        other.execute("SET statement_timeout TO 50")
        assert refused(other, "SELECT a FROM l").startswith("57014 Query (")
        session.execute("COMMIT")


def test_conflict_is_1023(redshift, session):  # noqa: F811
    session.execute("CREATE TABLE t (a INT); INSERT INTO t VALUES (1)")
    with closing(connect(redshift, options="-c search_path=test")) as other:
        session.execute("BEGIN")
        session.execute("SELECT a FROM t")
        other.execute("UPDATE t SET a = 2")
        with pytest.raises(psycopg.Error) as caught:
            session.execute("UPDATE t SET a = 3")
    assert (caught.value.sqlstate, caught.value.diag.message_primary) == ("XX000", "1023")
    assert caught.value.diag.message_detail.startswith("Serializable isolation violation on table")
    session.execute("ROLLBACK")


def test_several_statements_of_one_message_are_one_transaction(session):
    session.execute("CREATE TABLE t (a INT)")
    assert refused(session, "INSERT INTO t VALUES (1); SELECT nowhere FROM t").startswith("42703")
    assert session.execute("SELECT a FROM t").fetchall() == []
    session.execute("BEGIN; INSERT INTO t VALUES (1)")
    session.execute("ROLLBACK")
    assert session.execute("SELECT a FROM t").fetchall() == []
    session.execute("INSERT INTO t VALUES (1); COMMIT; INSERT INTO t VALUES (2)")
    assert session.execute("SELECT a FROM t ORDER BY 1").fetchall() == [(1,), (2,)]


# ---- 1 COPY -------------------------------------------------------------------------------------


def copy(session, url: str, options: str = "", mapping: str = "auto", table: str = "t") -> None:
    session.execute(f"COPY {table} FROM '{url}' IAM_ROLE '{ROLE}' FORMAT AS JSON '{mapping}'"
                    f" {options}")


def loaded(session, bucket, column: str, values: list[str], options: str = "") -> list:
    """What becomes of each JSON value: its text, None, or the reject's code and reason."""
    session.execute(f"DROP TABLE IF EXISTS t; CREATE TABLE t (id INT, v {column})")
    lines = [f'{{"id":{i}' + ("" if token == "no key" else f',"v":{token}') + "}"
             for i, token in enumerate(values)]
    copy(session, bucket("values.json", "\n".join(lines)),
         options + ("" if "MAXERROR" in options else f" {ALL}"))
    found = dict(session.execute("SELECT id, CAST(v AS VARCHAR(200)) FROM t").fetchall())
    for line, code, reason in session.execute(
            "SELECT line_number, err_code, TRIM(err_reason) FROM stl_load_errors WHERE query = "
            "pg_last_copy_id()").fetchall():
        found[line - 1] = f"{code} {reason}"
    return [found[i] for i in range(len(values))]


NO_DATE = "1205 Invalid date format or value [YYYY-MM-DD]"
NO_TIME = "1206 Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"
NO_BOOLEAN = "1210 Unknown boolean format"
TOO_LONG = "1204 String length exceeds DDL length"


def digit(code: int, char: str, position: int, kind: str) -> str:
    return f"{code} Invalid digit, Value '{char}', Pos {position}, Type: {kind}"


# 1.4, row by row.
VALUES = ["no key", "null", '""', '"   "', '"12"', "12", "1540344794796.0", "243.5", "true",
          '{"id": 1 , "n":"R"}', '["a" ,"b"]']
MATRIX = {
    "VARCHAR(30)": [None, None, "", "   ", "12", "12", "1540344794796.0", "243.5", "true",
                    '{"id": 1,"n": "R"}', '["a","b"]'],
    "INTEGER": [None, None, None, None, "12", "12", "1222 Overflow, Column type: Integer",
                digit(1207, ".", 3, "Integer"), *[digit(1207, c, 0, "Integer") for c in "t{["]],
    "BIGINT": [None, None, None, None, "12", "12", "1540344794796", digit(1207, ".", 3, "Long"),
               *[digit(1207, c, 0, "Long") for c in "t{["]],
    "DECIMAL(18,2)": [None, None, None, None, "12.00", "12.00", "1540344794796.00", "243.50",
                      *[digit(1209, c, 0, "Decimal") for c in "t{["]],
    "FLOAT": [None, None, None, None, "12", "12", "1540344794796", "243.5",
              *[digit(1208, c, 0, "Double") for c in "t{["]],
    "BOOLEAN": [None, None, None, None, *[NO_BOOLEAN] * 4, "true", NO_BOOLEAN, NO_BOOLEAN],
    "DATE": [None, None, None, None, *[NO_DATE] * 7],
    "TIMESTAMP": [None, None, None, None, *[NO_TIME] * 7],
}


@pytest.mark.parametrize("column", MATRIX)
def test_every_value_into_every_type(session, bucket, column):
    assert loaded(session, bucket, column, VALUES) == MATRIX[column]


@pytest.mark.parametrize("column, options, table", [
    ("VARCHAR(4)", "", {'"éé"': "éé", '"ééx"': TOO_LONG, "1888": "1888", "4.6": "4.6",
                        r'"a\u00e9\/"': "aé/", r'"\ud83d\ude00"': "😀"}),
    ("CHAR(3)", "", {'"abc"': "abc", '"abcd"': "1204 Char length exceeds DDL length",
                     '"é"': "1220 Multibyte character not supported for CHAR (Hint: Try using  "
                            "VARCHAR). Invalid char: c3 a9"}),
    ("VARCHAR(9)", "EMPTYASNULL", {'""': None, '" "': " "}),
    ("VARCHAR(9)", "BLANKSASNULL", {'""': "", '"  "': None}),
    ("VARCHAR(9)", "TRIMBLANKS", {'" a  "': " a"}),
    ("VARCHAR(4)", "TRUNCATECOLUMNS", {'"abcdef"': "abcd", '"abcé"': "abc"}),
    ("VARCHAR(9)", "", {r'"\ud800"': "1220 String contains invalid or unsupported UTF-8 "
                        "codepoints. Bad UTF-8 hex sequence: ed a0 80 (error 5)"}),
    ("VARCHAR(9)", "ACCEPTINVCHARS", {r'"a\ud800"': "a???"}),
    ("VARCHAR(9)", "ACCEPTINVCHARS AS '^'", {r'"a\ud800"': "a^^^"}),
    ("DECIMAL(5,1)", "", {"1.26": "1.2", "-1.26": "-1.2", "99999": "1222 Overflow, Column type: "
                          "Decimal"}),
    ("DECIMAL(5,1)", "ROUNDEC", {"1.25": "1.3", "-1.25": "-1.3"}),
    ("SMALLINT", "", {"32768": "1222 Overflow, Column type: Short", '"-5"': "-5", '" 7 "': "7",
                      '"a"': digit(1207, "a", 0, "Short")}),
    ("BOOLEAN", "", {'"t"': "true", '"1"': "true", "1": "true", "0": "false", "false": "false",
                     '"no"': "false", "2": NO_BOOLEAN}),
    ("DATE", "", {'"2018-11-01"': "2018-11-01", '"2018-02-30"': NO_DATE,
                  '"2018-11-01 05:00:00"': "2018-11-01"}),
    ("DATE", "DATEFORMAT 'DD.MM.YYYY'", {'"01.11.2018"': "2018-11-01"}),
    ("DATE", "DATEFORMAT 'auto' ACCEPTANYDATE", {
        '"00/00/00"': None, '"Nov 1, 2018"': "2018-11-01"}),
    ("TIMESTAMP", "", {'"2018-11-01 20:57:10.796"': "2018-11-01 20:57:10.796",
                       '"2018-11-01T20:57:10"': NO_TIME}),
    ("TIMESTAMP", "TIMEFORMAT 'epochmillisecs'", {
        "1541105830796": "2018-11-01 20:57:10.796", "-1": "1969-12-31 23:59:59.999",
        '"soon"': "1206 Invalid timestamp format or value [epochmillisecs]"}),
    ("TIMESTAMP", "TIMEFORMAT 'epochsecs'", {"1541105830": "2018-11-01 20:57:10"}),
    ("TIMESTAMP", "TIMEFORMAT 'auto'", {
        '"2019-02-11T05:09:12.195Z"': "2019-02-11 05:09:12.195",
        '"J2451187"': "1999-01-08 00:00:00",
        '"20180102 030405"': "2018-01-02 03:04:05", '"01/02/2018 03:04:05"': "2018-01-02 03:04:05",
        "1541105830796": "1206 Invalid timestamp format or value [auto]"}),
    ("INT NOT NULL", "", {"null": "1213 Missing data for not-null field", "1": "1"}),
])
def test_values_and_parameters(session, bucket, column, options, table):
    found = loaded(session, bucket, column, list(table), options)
    assert dict(zip(table, found)) == table


def test_bytes_that_are_not_utf8(session, bucket):
    session.execute("CREATE TABLE t (v VARCHAR(9))")
    url = bucket("x.json", b'{"v":"a\xa4"}{"v":"b"}')
    copy(session, url, ALL)
    assert session.execute("SELECT v FROM t").fetchall() == [("b",)]
    assert session.execute("SELECT TRIM(err_reason) FROM stl_load_errors").fetchall() == [
        ("String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: a4 "
         "(error 3)",)]
    session.execute("DELETE FROM t")
    copy(session, url, "ACCEPTINVCHARS '#'")
    assert session.execute("SELECT v FROM t ORDER BY v").fetchall() == [("a#",), ("b",)]


@pytest.mark.parametrize("content, values, lines", [
    ('{"v":1}{"v":2}\n\n {"v":3}', [1, 2, 3], []), ("", [], []),
    ('{\n"v":\n1}\n{"v":"x"\n}', [1], [5]), ('{"v":1},{"v":2}', [1, 2], [1]),
    ('{"v":1}\nabc\n{"v":2}', [1, 2], [2]), ('{"v":1,}\n{"v":2}', [2], [1]),
    ('{"v":\n{"v":2}', [2], [1]), ('{"v":"a}\n{"v":2}', [2], [1]), ("{'v':1}\n{\"v\":2}", [2], [1]),
    ('{"v":NaN}\n{"v":2}', [2], [1]), ('[{"v":1}]\n{"v":2}', [2], [1]),
    ('{"V":1}{"w":[{}],"v":2}', [None, 2], []), ('{"v":1,"v":2}', [2], []),
])
def test_data_files(session, bucket, content, values, lines):
    """1.2, 1.1."""
    session.execute("CREATE TABLE t (v INT)")
    copy(session, bucket("x.json", content), ALL)
    assert [row[0] for row in session.execute("SELECT v FROM t").fetchall()] == values
    assert [row[0] for row in session.execute(
        "SELECT line_number FROM stl_load_errors ORDER BY line_number").fetchall()] == lines


@pytest.mark.parametrize("paths, row", [
    (["$['a']['b'][1]", "$['c']"], (6, "x")), (["$.a.b[0]", "$.c"], (5, "x")),
    (["$['a']['z']", "$['a']"], (None, '{"b": [5,6]}')), (["$['a']"], "Number of jsonpaths"),
    (["$.a.b[2]", "$.c"], "Not an array or index out of range."),
    (["$.c[0]", "$.c"], "Not an array"),
    (["$.a", "$['c']"], "mixed"), (["$..b", "$.c"], "Invalid JSONPath format"),
    (["$.a.*", "$.c"], "Invalid JSONPath format"), (["", "$.c"], "not a path"),
    ([1, "$.c"], "not a path"),
])
def test_jsonpaths(session, bucket, paths, row):
    """1.3. MAXERROR does not help a bad file."""
    session.execute("CREATE TABLE t (i INT, s VARCHAR(20))")
    url = bucket("data.json", {"a": {"b": [5, 6]}, "c": "x"})
    mapping = bucket("paths.json", {"jsonpaths": paths})
    if isinstance(row, tuple):
        copy(session, url, mapping=mapping)
        assert session.execute("SELECT i, s FROM t").fetchall() == [row]
    else:
        with pytest.raises(psycopg.Error, match=row):
            copy(session, url, ALL, mapping=mapping)


def test_jsonpaths_of_another_key_mean_auto(session, bucket):
    session.execute("CREATE TABLE t (i INT)")
    copy(session, bucket("d", {"i": 1}), mapping=bucket("p", {"paths": ["$.z"]}))
    copy(session, bucket("d", {"I": 2}), mapping="auto ignorecase")
    assert session.execute("SELECT i FROM t ORDER BY i").fetchall() == [(1,), (2,)]


def test_sources(session, bucket):
    """1.6, 1.7: a prefix is the beginning of a key, a manifest names whole ones."""
    session.execute("CREATE TABLE t (v INT)")
    one, two = bucket("song_data/1", '{"v":1}'), bucket("song_data_old/2", '{"v":2}')
    bucket("other", '{"v":3}')
    copy(session, f"s3://{BUCKET}/song_data")
    assert session.notices == ["INFO:  Load into table 't' completed, 2 record(s) loaded "
                               "successfully."]
    entries = [{"url": one, "mandatory": True}, {"url": one}, {"url": f"s3://{BUCKET}/none"}]
    copy(session, bucket("m", {"entries": entries}), "MANIFEST")
    assert session.execute("SELECT v, COUNT(*) FROM t GROUP BY v ORDER BY v").fetchall() == [
        (1, 3), (2, 1)]
    for entries, said in (([{"url": f"s3://{BUCKET}/none", "mandatory": True}], "NoSuchKey"),
                          ([{"url": f"s3://{BUCKET}/none"}], "do not exist"),
                          ([{"url": f"s3://{BUCKET}"}], "requires full path"),
                          ([{"path": two}], "malformed"), ("x", "malformed")):
        url = bucket("m", {"entries": entries})
        assert said in refused(
            session, f"COPY t FROM '{url}' IAM_ROLE '{ROLE}' MANIFEST JSON 'auto'")
    assert "prefix 'nothing' does not exist" in refused(
        session, f"COPY t FROM 's3://{BUCKET}/nothing' IAM_ROLE '{ROLE}' JSON 'auto'")
    assert "The specified bucket does not exist" in refused(
        session, f"COPY t FROM 's3://no-such-bucket/x' IAM_ROLE '{ROLE}' JSON 'auto'")


@pytest.mark.parametrize("option, pack", [
    ("GZIP", gzip.compress), ("BZIP2", bz2.compress),
    ("ZSTD", zstandard.ZstdCompressor().compress)])
def test_compression(session, bucket, option, pack):
    session.execute("CREATE TABLE t (v INT)")
    url = bucket("x", pack(b'{"v":1}') + pack(b'{"v":2}'))
    copy(session, url, option)
    assert session.execute("SELECT SUM(v) FROM t").fetchone() == (3,)
    assert "decompression failed" in refused(
        session, f"COPY t FROM '{bucket('x', 'plain')}' IAM_ROLE '{ROLE}' JSON 'auto' {option}")


def test_who_may_read(make_redshift, moto, bucket):  # noqa: F811
    url = bucket("data/x", '{"v":1}')
    policy = {"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{BUCKET}"},
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/ok/*"}]}
    server = make_redshift(roles={
        "arn:aws:iam::1:role/narrow": moto.assume_role("narrow", json.dumps(policy)),
        "arn:aws:iam::1:role/false": Key("AKIANOBODY", "none")})
    with closing(connect(server)) as session:
        session.execute("CREATE TABLE t (v INT)")
        for role, said in (("narrow", "S3ServiceException:Access Denied,Status 403,Error "
                            "AccessDenied"),
                           ("false", "Error InvalidAccessKeyId"), ("none", "is not authorized to "
                            "assume IAM Role arn:aws:iam::1:role/none")):
            answer = refused(session, f"COPY t FROM '{url}' IAM_ROLE 'arn:aws:iam::1:role/{role}'"
                             " JSON 'auto'")
            assert answer.startswith("XX000 ")
            assert said in answer or (role == "false" and "Status 403" in answer)
        assert "Invalid credentials" in refused(session, f"COPY t FROM '{url}' JSON 'auto'")


def test_region(make_redshift, bucket):  # noqa: F811
    server = make_redshift(region="eu-central-1")
    url = bucket("x", '{"v":1}')
    with closing(connect(server)) as session:
        session.execute("CREATE TABLE t (v INT)")
        assert "must be addressed using the specified endpoint" in refused(
            session, f"COPY t FROM '{url}' IAM_ROLE '{ROLE}' JSON 'auto'")
        copy(session, url, "REGION 'us-west-2'")


@pytest.mark.parametrize("options", ["CSV", "DELIMITER ','", "NULL AS 'x'", "IGNOREBLANKLINES",
                                     "FILLRECORD", "MAXERROR 100001", "MAXERROR 1 IGNOREALLERRORS",
                                     "GZIP ZSTD", "SORTED", "TIMEFORMAT 'QQ'"])
def test_options_that_copy_does_not_take(session, bucket, options):
    session.execute("CREATE TABLE t (v TIMESTAMP)")
    url = bucket("x", "{}")
    assert refused(session, f"COPY t FROM '{url}' IAM_ROLE '{ROLE}' JSON 'auto' {options}")


def test_columns(session, bucket):
    """1.1: DEFAULT is for columns that are not listed. Identity columns are left out."""
    session.execute("CREATE TABLE t (id INT IDENTITY(1,1), a INT DEFAULT 7, b INT)")
    url = bucket("x", '{"id":50,"b":1}')
    copy(session, url, table="t (b)")
    copy(session, url)
    copy(session, url, "EXPLICIT_IDS")
    assert session.execute("SELECT a, b FROM t ORDER BY id").fetchall() == [
        (7, 1), (None, 1), (None, 1)]
    assert session.execute("SELECT MAX(id) FROM t").fetchone() == (50,)
    session.execute("CREATE TABLE n (a INT NOT NULL, b INT)")
    assert "42601 NOT NULL column without DEFAULT must be included in column list" == refused(
        session, f"COPY n (b) FROM '{url}' IAM_ROLE '{ROLE}' JSON 'auto'")


@pytest.mark.parametrize("options, bad, fails", [
    ("", 1, True), ("MAXERROR 0", 1, True), ("MAXERROR 1", 1, True), ("MAXERROR 2", 1, False),
    ("MAXERROR AS 3", 3, True), ("IGNOREALLERRORS", 9, False)])
def test_maxerror(session, bucket, options, bad, fails):
    session.execute("CREATE TABLE t (v INT)")
    url = bucket("x", '{"v":1}\n' + '{"v":"x"}\n' * bad)
    if fails:
        assert refused(session, f"COPY t FROM '{url}' IAM_ROLE '{ROLE}' JSON 'auto' {options}") == (
            "XX000 Load into table 't' failed.  Check 'stl_load_errors' system table for details.")
    else:
        copy(session, url, options)
        assert session.notices == [
            "INFO:  Load into table 't' completed, 1 record(s) loaded successfully.",
            f"INFO:  Load into table 't' completed, {bad} record(s) could not be loaded.  Check "
            "'stl_load_errors' system table for details."]
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (0 if fails else 1,)


def test_noload_and_ignoreheader(session, bucket):
    session.execute("CREATE TABLE t (v INT)")
    url = bucket("x", 'title\n{"v":1}\n{"v":"x"}')
    copy(session, url, f"NOLOAD IGNOREHEADER 1 {ALL}")
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)
    assert session.execute("SELECT line_number FROM stl_load_errors").fetchall() == [(3,)]


def test_objects_over_4_mb_fail_the_copy(session, bucket):
    session.execute("CREATE TABLE t (v INT)")
    pad = (4 << 20) - len('{"v":1,"w":""}')
    copy(session, bucket("x", f'{{"v":1,"w":"{"x" * pad}"}}'))
    url = bucket("x", f'{{"v":1,"w":"{"x" * pad}x"}}')
    assert refused(session, f"COPY t FROM '{url}' IAM_ROLE '{ROLE}' JSON 'auto' {ALL}"
                   ).startswith("XX000")


# ---- 3 The load views ---------------------------------------------------------------------------


def test_load_errors_survive_the_rollback(session, bucket):
    """Fact 8."""
    session.execute("CREATE TABLE t (v INT, artist_location VARCHAR(5))")
    good = bucket("good", '{"v":1}')
    copy(session, good)
    last = value(session, "pg_last_copy_id()")
    url = bucket("bad", '{"v":1}\n{"v":2,"artist_location":"Łódź, PL"}')
    session.execute("BEGIN")
    copy(session, good)
    refused(session, f"COPY t FROM '{url}' IAM_ROLE '{ROLE}' JSON 'auto'")
    assert refused(session, "SELECT 1 FROM stl_load_errors").startswith("25P02")
    session.execute("ROLLBACK")
    assert value(session, "pg_last_copy_id()") == last
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (1,)
    rows = session.execute(
        "SELECT TRIM(filename), line_number, TRIM(colname), TRIM(type), TRIM(col_length), position,"
        " err_code, TRIM(err_reason), TRIM(raw_field_value), TRIM(raw_line), LEN(filename)"
        " FROM stl_load_errors WHERE session = pg_backend_pid() AND starttime >= %s"
        " ORDER BY starttime, filename, line_number", ["2020-01-01 00:00:00"]).fetchall()
    assert rows == [(url, 2, "artist_location", "varchar", "5", 0, 1204,
                     "String length exceeds DDL length", "Łódź, PL",
                     '{"v":2,"artist_location":"..d., PL"}', rows[0][10])]
    # char(256): blank padded.
    assert session.execute(
        "SELECT OCTET_LENGTH(filename) FROM stl_load_errors").fetchone() == (256,)


def test_load_commits_can_be_read_before_the_commit(session, bucket):
    session.execute("CREATE TABLE t (v INT)")
    assert value(session, "pg_last_copy_id()") == -1
    urls = [bucket(f"d/{i}", f'{{"v":{i}}}' * (i + 1)) for i in range(3)]
    session.execute("BEGIN")
    copy(session, f"s3://{BUCKET}/d/")
    assert session.execute("SELECT TRIM(filename), lines_scanned FROM stl_load_commits WHERE query"
                           " = pg_last_copy_id() ORDER BY 1").fetchall() == [
        (url, i + 1) for i, url in enumerate(urls)]
    assert value(session, "pg_last_copy_count()") == 6
    assert session.execute("SELECT loaded_rows, TRIM(status), source_file_count FROM "
                           "sys_load_history WHERE query_id = pg_last_copy_id()").fetchall() == [
        (6, "completed", 3)]
    assert session.execute("SELECT COUNT(DISTINCT slice) FROM stv_slices").fetchone() == (2,)
    session.execute("COMMIT")


def test_serverless(make_redshift, bucket):  # noqa: F811
    server = make_redshift(serverless=True)
    url = bucket("x", '{"v":"x"}{"v":1}')
    with closing(connect(server)) as session:
        session.execute("CREATE TABLE t (v INT)")
        assert "Check 'sys_load_error_detail' system" in refused(
            session, f"COPY t FROM '{url}' IAM_ROLE '{ROLE}' JSON 'auto'")
        for view in ("stl_load_errors", "stl_load_commits", "stv_load_state", "stv_slices"):
            assert refused(session, f"SELECT * FROM {view}").startswith("42501")
        assert session.execute("SELECT TRIM(file_name), line_number, TRIM(column_name), error_code "
                               "FROM sys_load_error_detail WHERE session_id = pg_backend_pid()"
                               ).fetchall() == [(url, 1, "v", 1207)]
        copy(session, url, ALL)
        assert session.execute("SELECT TRIM(file_name), lines_scanned FROM sys_load_detail WHERE "
                               "query_id = pg_last_copy_id()").fetchall() == [(url, 2)]


# ---- The project's SQL --------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_sql_of_the_project_gives_the_star(redshift, session, bucket, tmp_path, model):  # noqa: F811
    """sql/ as it is, in the order of a run, gives what the tests compute by rules of their own;
    and so it does when all of it is merged once more."""
    source = write_sparkify(tmp_path)
    for path in source.rglob("*.json"):
        bucket(str(path.relative_to(source)), path.read_bytes())
    variables = {
        "stage_schema": "test", "star_schema": "test", "iam_role": ROLE, "max_errors": "0",
        "log_data": f"s3://{BUCKET}/log_data/", "song_data": f"s3://{BUCKET}/song_data/",
        "log_jsonpath": bucket("p", {"jsonpaths": [f"$['{key}']" for key in EVENT_KEYS]}),
        "run_time": "2021-01-02 00:00:00", "touched_from": "0001-01-01 00:00:00",
        "touched_to": "9999-12-31 00:00:00", "loads": "-1", "first_load": "0", "rebuilt": "FALSE"}

    def statements(step: str):
        for path in files_of(model, step):
            script = path.read_text(encoding="utf-8")
            for name, given in variables.items():
                script = script.replace(f":'{name}'", f"'{given}'").replace(
                    f':"{name}"', f'"{given}"').replace(f":{name}", given)
            yield from (statement.text for statement in split(script))

    for sql in statements("create"):
        session.execute(sql)
    session.execute("BEGIN")
    session.execute("LOCK test.etl_lock")
    for step in ("copy", "insert", "begin", "remove", "add", "merge"):
        for sql in statements(step):
            session.execute(sql)
    found = [session.execute(sql).fetchall() for sql in statements("check")]
    session.execute("COMMIT")
    assert found == [[]] * len(found) and found
    expected = expected_star(model, source)
    for table, columns in STARS[model].items():
        row = shown(columns).replace("star.", "test.")
        rows = session.execute(f"SELECT {row} FROM test.{table}").fetchall()
        assert in_order([list(row) for row in rows]) == expected[table], table
    assert redshift.unread() == []


# ---- Cancelling, and bad luck on command --------------------------------------------------------


def in_background(work):
    """Runs it in a thread; result() gives what it returned or raised."""
    box = {}

    def run():
        try:
            box["result"] = work()
        except psycopg.Error as error:
            box["result"] = error

    thread = threading.Thread(target=run)
    thread.start()

    def result():
        thread.join(60)
        return box["result"]
    return result


def test_copy_is_cancelled_and_watched(redshift, session, bucket):  # noqa: F811
    session.execute("CREATE TABLE t (v INT)")
    for i in range(4):
        bucket(f"d/{i}", '{"v":1}{"v":2}')
    hold = redshift.faults.hold("^COPY", "in_copy")
    session.execute("BEGIN")
    done = in_background(lambda: copy(session, f"s3://{BUCKET}/d/"))
    assert hold.reached.wait(60)
    with closing(connect(redshift)) as other:
        assert other.execute("SELECT SUM(num_files_complete), SUM(num_files), SUM(lines) FROM "
                             "stv_load_state WHERE session = %s", [session.info.backend_pid]
                             ).fetchone() == (2, 4, 4)
    session.cancel_safe(timeout=30)
    error = done()
    assert (error.sqlstate, error.diag.message_primary[:7]) == ("57014", "Query (")
    assert "cancelled on user's request" in error.diag.message_primary
    session.execute("ROLLBACK")
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)
    assert session.execute("SELECT COUNT(*) FROM stv_load_state").fetchone() == (0,)


def test_statement_is_cancelled(redshift, session):  # noqa: F811
    """By psql's Ctrl-C, which libpq 15 sends on a connection without TLS."""
    session.execute("CREATE TABLE t (v INT)")
    session.execute("BEGIN")
    session.execute("LOCK t")
    with subprocess.Popen(["psql", "-Xq", "-c", "SELECT v FROM test.t"], text=True,
                          env=psql_env(redshift), stderr=subprocess.PIPE) as psql:
        wait_until(lambda: redshift.sql("SELECT 1 FROM pg_stat_activity WHERE wait_event_type ="
                                        " 'Lock'"), "a session that waits")
        psql.send_signal(signal.SIGINT)
        assert "cancelled on user's request" in psql.communicate(timeout=60)[1]
    session.execute("COMMIT")


def test_replies_wait_until_told(redshift, session):  # noqa: F811
    hold = redshift.faults.hold("SELECT 1")
    done = in_background(lambda: session.execute("SELECT 1").fetchall())
    assert hold.reached.wait(60)
    hold.release()
    assert done() == [(1,)]


@pytest.mark.parametrize("when, kept", [("before", 0), ("after", 1)])
@pytest.mark.parametrize("statement", ["COMMIT", "INSERT"])
def test_connection_is_dropped(redshift, session, when, kept, statement):  # noqa: F811
    session.execute("CREATE TABLE t (v INT)")
    session.execute("BEGIN")
    redshift.faults.drop(f"^{statement}", when)
    with pytest.raises(psycopg.OperationalError):
        session.execute("INSERT INTO t VALUES (1)")
        session.execute("COMMIT")
    assert session.broken
    with closing(connect(redshift, options="-c search_path=test")) as other:
        # Only a COMMIT that was carried out keeps anything.
        assert other.execute("SELECT COUNT(*) FROM t").fetchone() == (
            kept if statement == "COMMIT" else 0,)


def test_connection_is_dropped_in_a_copy(redshift, session, bucket):  # noqa: F811
    session.execute("CREATE TABLE t (v INT)")
    for i in range(4):
        bucket(f"d/{i}", '{"v":1}')
    redshift.faults.drop("COPY", "in_copy")
    with pytest.raises(psycopg.OperationalError):
        copy(session, f"s3://{BUCKET}/d/")
    with closing(connect(redshift, options="-c search_path=test")) as other:
        assert other.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)
        copy(other, f"s3://{BUCKET}/d/")
        assert other.execute("SELECT COUNT(*) FROM t").fetchone() == (4,)


def test_errors_on_command(redshift, session):  # noqa: F811
    session.execute("CREATE TABLE t (v INT)")
    redshift.faults.fail_1023("INSERT", times=2)
    redshift.faults.fail("^SELECT 7$", "XX000", "could not complete because of conflict with "
                         "concurrent transaction", skip=1)
    for _ in range(2):
        session.execute("BEGIN")
        with pytest.raises(psycopg.Error) as caught:
            session.execute("INSERT INTO t VALUES (1)")
        assert (caught.value.sqlstate, caught.value.diag.message_primary) == ("XX000", "1023")
        assert refused(session, "SELECT 1").startswith("25P02")
        session.execute("ROLLBACK")
    session.execute("INSERT INTO t VALUES (1)")
    assert session.execute("SELECT 7").fetchone() == (7,)
    assert refused(session, "SELECT 7").startswith("XX000 could not complete")
    assert session.execute("SELECT 7").fetchone() == (7,)


def test_faults_by_number(redshift, session):  # noqa: F811
    redshift.faults.fail(2, "57P01", "terminating connection")
    assert session.execute("SELECT 1").fetchone() == (1,)
    assert refused(session, "SELECT 2") == "57P01 terminating connection"


def test_commit_that_fails_rolls_back(redshift, session):  # noqa: F811
    session.execute("CREATE TABLE t (v INT)")
    redshift.faults.fail_1023("^COMMIT")
    session.execute("BEGIN")
    session.execute("INSERT INTO t VALUES (1)")
    assert refused(session, "COMMIT") == "XX000 1023"
    assert session.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    assert session.execute("SELECT COUNT(*) FROM t").fetchone() == (0,)


def test_it_remembers_what_it_was_asked(redshift, session):  # noqa: F811
    session.execute("SELECT  %s::INT", ["5"])
    received = redshift.statements[-1]
    assert (received.words, received.parameters, received.extended, received.outcome) == (
        "SELECT $1::INT", ["5"], True, "ok")
    assert received.session == session.info.backend_pid
