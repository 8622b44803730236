"""The dialect translator against its peers: sqlglot for the reading, PostgreSQL for the meaning."""

import json
import os
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
import sqlglot
from sqlglot import exp

from support.postgres_fixture import postgres  # noqa: F401  pylint: disable=unused-import
from support.sql_files import MODELS, SQL_DIR, files_of

pytestmark = [pytest.mark.db]

SQL_FILES = sorted(SQL_DIR.glob("**/*.sql"))
SCHEMA = "peer"
VARIABLES = {
    "stage_schema": SCHEMA, "star_schema": SCHEMA, "iam_role": "arn:aws:iam::1:role/r",
    "log_data": "s3://b/log", "song_data": "s3://b/song", "log_jsonpath": "s3://b/paths.json",
    "max_errors": "0", "run_time": "2018-11-30 00:00:00", "run_id": "r1",
    "touched_from": "2018-11-29 00:00:00", "touched_to": "2018-11-30 00:00:00",
    "loads": "3, 7", "first_load": "8", "rebuilt": "TRUE",
    "users_current": "TRUE", "latest_day": "2018-11-30", "limit": "10", "day": "2018-11-30",
    "days": "7", "user": "0",
}


@pytest.fixture(scope="session", name="tool")
def translate_tool() -> Path:
    folder = Path(os.environ.get("DWH_BIN_DIR", ""))
    for path in (folder / "translate_tool", folder / "tests" / "translate_tool"):
        if path.is_file():
            return path.resolve()
    return pytest.exit("translate_tool is not in DWH_BIN_DIR: build it first", returncode=2)


@pytest.fixture(name="translate")
def translate_script(tool, tmp_path):
    """translate(script): what the tool makes of each statement; the message if it refuses."""

    def run(script: str) -> list[dict] | str:
        path = tmp_path / "script.sql"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run([tool, path, *(f"{k}={v}" for k, v in VARIABLES.items())],
                              capture_output=True, text=True, timeout=60, check=False)
        if done.returncode == 2:
            return done.stderr.replace(f"{path}:", "")
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return run


@pytest.fixture(name="connection")
def open_connection(postgres):  # noqa: F811
    """A connection whose work is rolled back, with the schema PEER to fill."""
    with psycopg.connect(postgres.conninfo) as connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        yield connection
        connection.rollback()


def fill_in(script: str) -> str:
    """What psql -v does, as far as sql/ needs it."""
    for name, value in sorted(VARIABLES.items(), reverse=True):  # :days before :day
        script = script.replace(f":'{name}'", f"'{value}'").replace(f':"{name}"', f'"{value}"')
        script = script.replace(f":{name}", value)
    return script


# ---- What sqlglot does not model of Redshift, construct by construct ------------------------------

UNMODELLED = {
    "bare VARCHAR and NVARCHAR are VARCHAR(256)":
        lambda t: t.this in (exp.DType.VARCHAR, exp.DType.NVARCHAR) and not t.expressions
        and "VARCHAR(256)",
    "VARCHAR(MAX) is VARCHAR(65535)":
        lambda t: t.this == exp.DType.VARCHAR and t.expressions[0].name.upper() == "MAX"
        and "VARCHAR(65535)",
    "CHAR(MAX) is CHAR(4096)":
        lambda t: t.this == exp.DType.CHAR and t.expressions
        and t.expressions[0].name.upper() == "MAX" and "CHAR(4096)",
    "TEXT is VARCHAR(256)": lambda t: t.this == exp.DType.TEXT and "VARCHAR(256)",
    "BPCHAR is CHAR(256)": lambda t: t.this == exp.DType.BPCHAR and "CHAR(256)",
    "bare NUMERIC is NUMERIC(18,0)":
        lambda t: t.this == exp.DType.DECIMAL and not t.expressions and "DECIMAL(18, 0)",
    "SUPER has no counterpart": lambda t: t.this == exp.DType.SUPER and "JSONB",
}
# Keys are information on Redshift, ENCODE is storage, and COLLATE CASE_SENSITIVE is its default and no
# collation of PostgreSQL's.
WITHOUT_EFFECT = (exp.ForeignKey, exp.Reference, exp.UniqueColumnConstraint,
                  exp.EncodeColumnConstraint, exp.CollateColumnConstraint)


def peer_tables(script: str) -> list[str]:
    """The CREATE TABLE statements of a Redshift script as sqlglot writes them for PostgreSQL."""
    tables = []
    for tree in sqlglot.parse(fill_in(script), read="redshift"):
        if not (isinstance(tree, exp.Create) and tree.kind == "TABLE"):
            continue
        # Where data lie on a cluster: sqlglot keeps these words, which PostgreSQL does not know.
        # TEMPORARY is another property, and stays.
        properties = tree.args.get("properties")
        for entry in list(properties.expressions) if properties else []:
            if not isinstance(entry, exp.TemporaryProperty):
                entry.pop()
        if properties and not properties.expressions:
            properties.pop()
        for node in list(tree.find_all(*WITHOUT_EFFECT)):
            holder = node.parent
            (holder if isinstance(holder, (exp.ColumnConstraint, exp.Constraint)) else node).pop()
        for data_type in list(tree.find_all(exp.DataType)):
            for replacement in UNMODELLED.values():
                if text := replacement(data_type):
                    data_type.replace(exp.DataType.build(text, dialect="postgres"))
                    break
        # PostgreSQL's sequences begin at 1 unless told otherwise; sqlglot does not tell.
        for identity in tree.find_all(exp.GeneratedAsIdentityColumnConstraint):
            if int(identity.args["start"].sql()) < 1:
                identity.set("minvalue", identity.args["start"].copy())
        tables.append(tree.sql("postgres"))
    return tables


def catalogue(connection, statements: list[str]) -> list[tuple]:
    """The columns of the tables that the statements make, as PostgreSQL holds them.

    Left out because sqlglot has no word for it: whether identity is ALWAYS or BY DEFAULT, and
    UNLOGGED.
    """
    with connection.transaction(force_rollback=True):
        connection.execute(f"SET LOCAL search_path TO {SCHEMA}")
        for statement in statements:
            connection.execute(statement)
        return connection.execute("""
            SELECT c.relname, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod),
                   a.attnotnull, a.attidentity <> '', pg_get_expr(d.adbin, d.adrelid)
            FROM pg_class c
            JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid
            LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
            WHERE (n.nspname = %s OR n.oid = pg_my_temp_schema())
              AND c.relkind = 'r' AND a.attnum > 0
            ORDER BY 1, 2""", [SCHEMA]).fetchall()


def test_there_is_sql_to_check():
    assert SQL_FILES


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: str(path.relative_to(SQL_DIR)))
def test_sqlglot_reads_every_file_as_redshift(path):
    script = fill_in(path.read_text(encoding="utf-8"))
    trees = sqlglot.parse(script, read="redshift")
    assert trees and all(trees)
    # A Command is what sqlglot gives up on.
    assert not [tree.sql() for tree in trees if isinstance(tree, exp.Command)]


@pytest.mark.parametrize("model", MODELS)
def test_all_of_sql_runs_in_postgresql(translate, connection, model):
    """In the order of a run, and then the questions; COPY is parsed only."""
    steps = ("create", "copy", "insert", "begin", "remove", "add", "merge", "check")
    files = [path for step in steps for path in files_of(model, step)]
    for path in files + sorted((SQL_DIR / "report").glob("*.sql")):
        statements = translate(path.read_text(encoding="utf-8"))
        assert isinstance(statements, list), statements
        for statement in statements:
            assert ("copy" in statement) == (path.parent.name == "copy"), path
            if "sql" in statement:
                connection.execute(statement["sql"])


def test_tables_of_sql_are_the_same_for_both_translators(translate, connection):
    scripts = [path.read_text(encoding="utf-8") for path in SQL_FILES
               if path.parent.name == "create"]
    scripts = [script for script in scripts if "CREATE TABLE" in script]  # and no view
    assert scripts
    for script in scripts:
        ours = [statement["sql"] for statement in translate(script)]
        peers = peer_tables(script)
        assert len(ours) == len(peers)
        assert catalogue(connection, ours) == catalogue(connection, peers)


TYPES = """SMALLINT INT2 INTEGER INT INT4 BIGINT INT8 REAL FLOAT4 FLOAT8 FLOAT BOOLEAN BOOL DATE TIME
TIMETZ TIMESTAMP TIMESTAMPTZ DATETIME VARCHAR VARCHAR(1) VARCHAR(65535) VARCHAR(MAX) NVARCHAR
NVARCHAR(20) TEXT CHAR CHAR(9) CHAR(MAX) NCHAR NCHAR(9) CHARACTER(2) BPCHAR NUMERIC NUMERIC(5)
NUMERIC(5,2) DECIMAL DECIMAL(38,37) DEC(7,3) SUPER""".split() + [
    "DOUBLE PRECISION", "CHARACTER VARYING", "CHARACTER VARYING(30)", "TIMESTAMP WITH TIME ZONE",
    "TIMESTAMP WITHOUT TIME ZONE", "TIME WITH TIME ZONE", "TIME WITHOUT TIME ZONE"]
COLUMNS = ["INT NOT NULL", "INT NULL", "INT PRIMARY KEY", "INT UNIQUE", "INT DISTKEY", "INT SORTKEY",
           "INT ENCODE az64", "INT NOT NULL ENCODE raw", "INT DEFAULT 5", "INT DEFAULT -1 NOT NULL",
           "VARCHAR(9) DEFAULT 'it''s' ENCODE zstd", "BOOLEAN DEFAULT true", "INT DEFAULT (1 + 2)",
           "BIGINT IDENTITY(0,1)", "BIGINT IDENTITY(1,1) NOT NULL", "INT IDENTITY(7,3) PRIMARY KEY",
           "INT GENERATED BY DEFAULT AS IDENTITY(0,2)", "INT REFERENCES other (id)",
           "TIMESTAMP DEFAULT NULL", "DATE DEFAULT '2018-11-01'::DATE",
           "VARCHAR(9) COLLATE CASE_SENSITIVE"]
TABLES = """
CREATE TABLE t (a INT);
CREATE TABLE IF NOT EXISTS t (a INT, b VARCHAR(3));
CREATE TABLE peer.t (a INT);
CREATE TEMP TABLE t (a INT);
CREATE TEMPORARY TABLE t (a INT, PRIMARY KEY (a));
CREATE TABLE t (a INT) DISTSTYLE EVEN;
CREATE TABLE t (a INT) DISTSTYLE ALL SORTKEY (a);
CREATE TABLE t (a INT, b INT) DISTSTYLE KEY DISTKEY (a) COMPOUND SORTKEY (a, b);
CREATE TABLE t (a INT, b INT) INTERLEAVED SORTKEY (a, b);
CREATE TABLE t (a INT) BACKUP NO;
CREATE TABLE t (a INT) BACKUP YES DISTSTYLE AUTO;
CREATE TABLE t (a INT, b INT, PRIMARY KEY (a, b));
CREATE TABLE t (a INT NOT NULL, b INT, PRIMARY KEY (a), UNIQUE (b));
CREATE TABLE t (a INT, b INT, CONSTRAINT k PRIMARY KEY (b));
CREATE TABLE t (a INT, FOREIGN KEY (a) REFERENCES other (id));
CREATE TABLE t ("A" INT, "select" VARCHAR(5), b INT);
CREATE TABLE t (time TIMESTAMP, hour INT, day INT, location VARCHAR(7), length FLOAT);
CREATE TABLE t AS SELECT 1 AS a, 'x'::VARCHAR(5) AS b;
CREATE TABLE p (a INT NOT NULL, b VARCHAR(9) DEFAULT 'x'); CREATE TABLE t (LIKE p);
CREATE TABLE t (-- comment
  a INT /* another */, b INT -- DISTKEY
);
""".split(";\n")
MADE = ([f"CREATE TABLE t (a {kind}, b {kind} NOT NULL)" for kind in TYPES]
        + [f"CREATE TABLE t (a {column}, b INT)" for column in COLUMNS]
        + [table for table in TABLES if table.strip()])

# What sqlglot cannot read as Redshift, and what it is given instead.
UNREADABLE = {"INT DISTKEY": "INT", "INT SORTKEY": "INT", "INTERLEAVED SORTKEY (a, b)": ""}


@pytest.mark.parametrize("script", MADE)
def test_made_tables_are_the_same_for_both_translators(script, translate, connection):
    ours = [statement["sql"] for statement in translate(script)]
    readable = script
    for construct, instead in UNREADABLE.items():
        readable = readable.replace(construct, instead)
    # Redshift folds quoted names too, which sqlglot does not do.
    peers = peer_tables(readable.replace('"A"', '"a"'))
    assert catalogue(connection, ours) == catalogue(connection, peers)
    assert catalogue(connection, ours)


@pytest.mark.parametrize("construct", UNREADABLE)
def test_sqlglot_still_cannot_read_the_exceptions(construct):
    (script,) = [made for made in MADE if construct in made and "COMPOUND" not in made]
    try:
        assert isinstance(sqlglot.parse_one(script, read="redshift"), exp.Command)
    except sqlglot.errors.ParseError:
        pass


def test_what_the_catalogue_comparison_leaves_out(translate, connection):
    script = """
        CREATE TABLE logged (a INT IDENTITY(0,1));
        CREATE TABLE unlogged (a INT GENERATED BY DEFAULT AS IDENTITY(5,-2)) BACKUP NO;
        CREATE TABLE #temporary (a INT PRIMARY KEY);
        INSERT INTO unlogged VALUES (DEFAULT), (1), (DEFAULT);
        INSERT INTO #temporary SELECT a FROM unlogged;
        INSERT INTO #temporary SELECT 1;"""
    for statement in translate(f"SET search_path TO {SCHEMA};" + script):
        connection.execute(statement["sql"])
    assert connection.execute("""
        SELECT relname, relpersistence::text, attidentity::text FROM pg_class c
        JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = 1
        WHERE relname IN ('logged', 'unlogged', '#temporary') ORDER BY 1""").fetchall() == [
            ("#temporary", "t", ""), ("logged", "p", "a"), ("unlogged", "u", "d")]
    # A primary key is information only: the second 1 goes in.
    assert connection.execute('SELECT a FROM "#temporary" ORDER BY a').fetchall() == [
        (1,), (1,), (3,), (5,)]


T1, T2 = "TIMESTAMP '2008-12-31 23:59:59.999'", "TIMESTAMP '2009-01-01 00:00:00'"
# Answers from Redshift's documentation where it has an example (DATEADD, DATEDIFF, EXTRACT,
# DATE_PART, LAST_DAY, NVL2, DECODE, CHARINDEX, CONCAT, AVG), else by its definition there.
VALUES = {
    **{f"DATEDIFF({unit}, {T1}, {T2})": "1" for unit in
       ("year", "qtr", "mon", "d", "hrs", "m", "s", "ms")},
    f"DATEDIFF(us, {T1}, {T2})": "1000",
    f"DATEDIFF(year, {T2}, {T1})": "-1",
    "DATEDIFF(year, '12-31-2008', '01-01-2009')": "1",
    "DATEDIFF(hour, '2009-01-01 8:30:00', '2009-01-01 10:00:00')": "2",
    "DATEDIFF(day, '2008-02-28', '2008-03-01')": "2",
    "DATEDIFF(day, '2008-03-01 01:00', '2008-02-28 23:00')": "-2",
    "DATEDIFF(month, '2008-01-31', '2008-02-01')": "1",
    "DATEDIFF(month, '2008-01-01', '2008-01-31')": "0",
    "DATEDIFF(minute, '2008-01-01 00:00:59', '2008-01-01 00:01:00')": "1",
    "DATEDIFF('second', '2008-01-01 00:00:59.1', '2008-01-01 00:00:59.9')": "0",
    "DATEDIFF(day, NULL, '2008-01-01')": None,
    "DATEADD(month, 18, '2008-02-28')": "2009-08-28 00:00:00",
    "DATEADD(m, 30, '2008-02-28')": "2008-02-28 00:30:00",
    "DATEADD(month, 1, '2008-04-30')": "2008-05-30 00:00:00",
    "DATEADD(month, 12, '2016-02-29')": "2017-02-28 00:00:00",
    "DATEADD(year, 1, '2016-02-29')": "2017-03-01 00:00:00",
    "DATEADD(year, 4, '2016-02-29 01:02:03')": "2020-02-29 01:02:03",
    "DATEADD(year, -1, DATE '2016-03-01')": "2015-03-01 00:00:00",
    "DATEADD(quarter, -1, '2009-01-31')": "2008-10-31 00:00:00",
    "DATEADD(day, 30, DATE '2008-11-01')": "2008-12-01 00:00:00",
    "DATEADD(ms, 101, '2008-11-01')": "2008-11-01 00:00:00.101",
    "DATEADD(week, 1 + 1, '2008-11-01')": "2008-11-15 00:00:00",
    "DATEADD(day, DATEDIFF(day, '2008-01-01', '2008-01-05'), '2008-02-01')": "2008-02-05 00:00:00",
    "EXTRACT(minute FROM TIMESTAMP '2009-09-09 12:08:43')": "8",
    "EXTRACT(ms FROM TIMESTAMP '2009-09-09 12:08:43.101')": "101",
    "EXTRACT(ms FROM TIME '18:25:33.123456')": "123",
    "EXTRACT(us FROM TIME '18:25:33.123456')": "456",
    "EXTRACT(sec FROM TIMESTAMP '2009-09-21 11:10:03.189717')": "3",
    "EXTRACT(century FROM TIMESTAMP '2000-12-16 12:21:13')": "20",
    "EXTRACT(mil FROM TIMESTAMP '2001-12-16 12:21:13')": "3",
    "EXTRACT(weekday FROM DATE '2018-11-04')": "0",
    "EXTRACT(week FROM DATE '2018-12-31')": "1",
    "EXTRACT(hour FROM DATE '2018-12-31')": "0",
    "EXTRACT(epoch FROM TIMESTAMP '2018-11-01 00:00:00.9')": "1541030400",
    "DATE_PART(sec, TIMESTAMP '2009-09-21 11:10:03.189717')": "3.189717",
    "DATE_PART('w', TIMESTAMP '2022-05-02 04:05:06.789')": "18",
    "DATE_PART(dayofweek, TIMESTAMP '2022-05-02 04:05:06.789')": "1",
    "DATE_PART(month, DATE '2022-05-02')": "5",
    "DATE_PART(epoch, TIMESTAMP '2008-01-01 20:00:00')": "1199217600",
    "DATE_TRUNC('week', DATE '2018-11-04')": "2018-10-29 00:00:00",
    "DATE_TRUNC('mon', TIMESTAMP '2018-11-04 01:02:03')": "2018-11-01 00:00:00",
    "LAST_DAY(DATE '2016-02-03')": "2016-02-29",
    "DATEDIFF(day, CURRENT_DATE, SYSDATE)": "0",
    "DATEDIFF(s, SYSDATE, GETDATE()) BETWEEN 0 AND 60": "true",
    "DATE_PART(sec, GETDATE()) = EXTRACT(sec FROM GETDATE())": "true",
    "NVL(NULL, NULL, 3)": "3",
    "ISNULL(NULL, 2)": "2",
    "NVL2(NULL, 1, 2)": "2",
    "NVL2('', 'set', 'unset')": "set",
    "DECODE(3, 1, 'a', 2, 'b')": None,
    "DECODE(2, 1, 'a', 2, 'b', 'c')": "b",
    "DECODE(NULL::INT, 1, 'a', NULL, 'n', 'c')": "n",
    "LEN('caf\u00e9 ')": "5",
    "LEN('ab '::CHAR(5))": "2",
    "CHARINDEX('fish', 'dogfish')": "4",
    "CHARINDEX('cat', 'dogfish')": "0",
    "CONCAT('a', 'b' || 'c')": "abc",
    "CONCAT('a', NULL)": None,
    "REPLICATE('ab', 2)": "abab",
    "ROUND(2.345::FLOAT, 2)": "2.35",
    "ROUND(28.05)": "28",
    "LENGTH(CAST(REPEAT('x', 300) AS VARCHAR))": "256",
    "LENGTH(REPEAT('x', 300)::TEXT)": "256",
    "1.5::NUMERIC": "2",
    "CONVERT(INTEGER, '7') + 1": "8",
    "'a\\\\b'": "a\\b",
    "'it''s' || 'l\\'auto'": "it'sl'auto",
    "timestamp 'epoch' + 1541121934796/1000 * interval '1 second'": "2018-11-02 01:25:34",
    "(SELECT MEDIAN(x) FROM (SELECT 1 AS x UNION ALL SELECT 2 UNION ALL SELECT 9) q)": "2",
    "(SELECT LISTAGG(x, '-') WITHIN GROUP (ORDER BY x DESC) FROM "
    "(SELECT 'a' AS x UNION ALL SELECT 'b') q)": "b-a",
    "(SELECT LISTAGG(DISTINCT x) WITHIN GROUP (ORDER BY x) FROM "
    "(SELECT 'a' AS x UNION ALL SELECT 'a' UNION ALL SELECT 'b') q)": "ab",
    "(SELECT APPROXIMATE COUNT(DISTINCT x) FROM (SELECT 1 AS x UNION ALL SELECT 1) q)": "1",
    "(SELECT AVG(x::FLOAT) FROM (SELECT 1 AS x UNION ALL SELECT 2) q)": "1.5",
    "(SELECT SUM(x) FROM (SELECT TOP 2 x FROM (SELECT 1 AS x UNION ALL SELECT 5 UNION ALL SELECT 9)"
    " q ORDER BY x DESC) r)": "14",
    "(SELECT COUNT(*) FROM (SELECT 1 MINUS SELECT 1) q)": "0",
}


@pytest.mark.parametrize("expression", VALUES)
def test_values_are_redshifts(expression, translate, connection):
    (statement,) = translate(f"SELECT CAST(({expression}) AS VARCHAR(65535)) AS v")
    assert isinstance(statement, dict), statement
    assert connection.execute(statement["sql"]).fetchone() == (VALUES[expression],)


def test_integers_are_integers(translate, connection):
    """BIGINT from DATEDIFF, INTEGER from EXTRACT, so that division stays division of integers."""
    (statement,) = translate("SELECT DATEDIFF(day, '2018-01-01', '2018-01-08') / 2, "
                             "EXTRACT(hour FROM TIMESTAMP '2018-01-01 15:00') / 2")
    cursor = connection.execute(statement["sql"])
    assert cursor.fetchone() == (3, 7)
    assert [column.type_display for column in cursor.description] == ["int8", "int4"]


def test_clocks_do_not_depend_on_the_sessions_time_zone(translate, connection):
    connection.execute("SET timezone TO 'Asia/Tokyo'")
    (statement,) = translate("SELECT CAST(EXTRACT(epoch FROM SYSDATE) AS BIGINT)")
    (seconds,) = connection.execute(statement["sql"]).fetchone()
    assert abs(seconds - time.time()) < 3600


def test_a_variable_arrives_as_it_is(tool, tmp_path, connection):
    path = tmp_path / "script.sql"
    path.write_text("SELECT :'v'", encoding="utf-8")
    for value in ("it's", "a\\b", "\\", "'; SELECT 1; --", "$$ :v \\'", "line\nline", ""):
        out = subprocess.run([tool, path, f"v={value}"], capture_output=True, text=True, timeout=60,
                             check=True).stdout
        assert connection.execute(json.loads(out)["sql"]).fetchone() == (value,)


def test_merge_upserts(translate, connection):
    script = """
        CREATE TABLE t (k INT, v VARCHAR(9)); CREATE TABLE s (k INT, v VARCHAR(9));
        INSERT INTO t VALUES (1, 'old'), (2, 'kept'); INSERT INTO s VALUES (1, 'new'), (3, 'added');
        MERGE INTO t USING (SELECT k, NVL(v, '') AS v FROM s) q ON t.k = q.k
        WHEN MATCHED THEN UPDATE SET v = q.v WHEN NOT MATCHED THEN INSERT (k, v) VALUES (q.k, q.v);
        DELETE t WHERE k = 2;"""
    for statement in translate(f"SET search_path TO {SCHEMA};" + script):
        connection.execute(statement["sql"])
    assert connection.execute("SELECT k, v FROM t ORDER BY k").fetchall() == [
        (1, "new"), (3, "added")]


def test_other_statements_run(translate, connection):
    script = f"""
        CREATE SCHEMA IF NOT EXISTS extra; SET search_path TO {SCHEMA}; SET query_group TO 'etl';
        CREATE TABLE a (x INT ENCODE raw); CREATE VIEW v AS SELECT NVL(x, 0) AS x FROM a;
        ALTER TABLE a ADD COLUMN y VARCHAR ENCODE zstd; ALTER TABLE a RENAME COLUMN y TO z;
        ALTER TABLE a ALTER COLUMN z TYPE VARCHAR(MAX); ALTER TABLE a DROP COLUMN z;
        COMMENT ON TABLE a IS 'what it is'; LOCK a; ANALYZE a PREDICATE COLUMNS;
        ALTER TABLE a RENAME TO b; UPDATE b SET x = s.x FROM (SELECT 1 AS x) s WHERE b.x = s.x;
        DROP VIEW v; DROP TABLE IF EXISTS b CASCADE; DROP SCHEMA extra; RESET query_group;"""
    for statement in translate(script):
        connection.execute(statement["sql"])


@pytest.mark.parametrize(("script", "message"), [
    ("SELECT 1;\n\nTRUNCATE t;", "3: statement TRUNCATE is not translated for the local engine"),
    ("SELECT a\nFROM t\nQUALIFY 1 = 1;", "3: QUALIFY is not translated for the local engine"),
    ("SELECT STRING_AGG(a, ',')", "1: function STRING_AGG is not translated for the local engine"),
    ("COPY t FROM 's3://b' LZOP", "1: COPY: LZOP is not supported"),
    ("SELECT :unset", "1: variable 'unset' is not set"),
])
def test_refusals_name_file_line_and_word(script, message, translate):
    answer = translate(script)
    assert isinstance(answer, str) and answer.startswith(message + "\nhint: "), answer
