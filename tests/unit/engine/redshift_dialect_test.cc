#include "engine/redshift_dialect.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dwh {
namespace {

std::string Pg(const std::string& sql) { return ToPostgres(sql, "f.sql", 3); }

Error Refusal(const std::string& sql) {
  try {
    return {ErrorKind::kFailed, "accepted as: " + Pg(sql)};
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(error.hint(), "") << error.what();
    return error;
  }
}
std::string Why(const std::string& sql) { return Refusal(sql).what(); }
std::string NotTranslated(const std::string& name) {
  return "f.sql:3: " + name + " is not translated for the local engine";
}

struct Pair {
  const char* redshift;
  const char* postgres;
};
void ExpectAll(std::initializer_list<Pair> pairs) {
  for (const Pair& pair : pairs) EXPECT_EQ(Pg(pair.redshift), pair.postgres);
}

/// The type of the only column after translation.
std::string Type(const std::string& type) {
  const std::string sql = Pg("CREATE TABLE t (a " + type + ")");
  return sql.substr(18, sql.size() - 19);
}

TEST(RedshiftDialect, LeavesWhatIsTheSameByteForByte) {
  for (const auto* sql : {
           "SELECT a.b , COUNT(*)  FROM s.t AS a -- why\n WHERE x = 'it''s' /* c */ AND y <> $1",
           "INSERT INTO s.t (a, b)\nSELECT x, ROW_NUMBER() OVER (PARTITION BY y ORDER BY z) FROM u",
           "INSERT INTO t VALUES (1, 'a'), (2, DEFAULT)",
           "UPDATE t SET a = LOWER(s.a) FROM s WHERE t.k = s.k",
           "DELETE FROM t USING s WHERE t.k = s.k",
           "WITH x (a, b) AS (SELECT 1, 2), y (c) AS (SELECT 3) SELECT * FROM x JOIN y USING (a)",
           "SELECT * FROM (SELECT 1) AS q (a) JOIN (SELECT 2) r (b) ON (q.a = r.b)",
           "SELECT CASE WHEN (a) IS NULL THEN (b) ELSE (c) END, x IN (1, 2), y::date FROM t",
           "SELECT LEFT(a, 2), TRIM(BOTH ' ' FROM b), SUBSTRING(c FROM 1 FOR 2) FROM t",
           "SELECT y::date::timestamp FROM t LEFT JOIN u ON t.a = u.a",
           "SELECT timestamp 'epoch' + ts / 1000 * interval '1 second' FROM t LIMIT 5 OFFSET 2",
           "SELECT SUM(x) OVER (ORDER BY y ROWS UNBOUNDED PRECEDING) FROM t GROUP BY ROLLUP (a)",
           "CREATE VIEW s.v (a) AS SELECT 1",
           "CREATE OR REPLACE VIEW v AS SELECT 1 AS a",
           "CREATE SCHEMA IF NOT EXISTS s",
           "DROP TABLE IF EXISTS a, s.b CASCADE",
           "DROP VIEW v",
           "ALTER TABLE a.b RENAME TO c",
           "ALTER TABLE a RENAME COLUMN b TO c",
           "ALTER TABLE a DROP COLUMN b CASCADE",
           "COMMENT ON TABLE t IS 'x'",
           "BEGIN",
           "COMMIT",
           "END TRANSACTION",
           "ROLLBACK",
           "LOCK a, s.b",
           "LOCK TABLE a",
           "ANALYZE s.t",
           "ANALYZE",
           "SET search_path TO a, b",
           "CREATE TABLE t (LIKE s.u INCLUDING DEFAULTS)",
           "CREATE TABLE time (hour INTEGER NOT NULL, day INT DEFAULT 1 + 1 NULL)",
       }) {
    EXPECT_EQ(Pg(sql), sql);
  }
}

TEST(RedshiftDialect, TypesHaveRedshiftsMeaning) {
  for (const auto* same : {"SMALLINT",
                           "int2",
                           "INTEGER",
                           "int4",
                           "BIGINT",
                           "int8",
                           "REAL",
                           "FLOAT4",
                           "FLOAT8",
                           "FLOAT",
                           "DOUBLE PRECISION",
                           "BOOLEAN",
                           "bool",
                           "DATE",
                           "TIME",
                           "timetz",
                           "TIMESTAMP",
                           "TIMESTAMPTZ",
                           "VARCHAR(65535)",
                           "CHAR(4096)",
                           "NUMERIC(38,37)",
                           "numeric(10,0)"}) {
    EXPECT_EQ(Type(same), same);
  }
  const std::vector<std::pair<std::string, std::string>> other = {
      {"VARCHAR", "varchar(256)"},
      {"varchar ( max )", "varchar(65535)"},
      {"CHARACTER VARYING", "varchar(256)"},
      {"CHARACTER VARYING(7)", "varchar(7)"},
      {"NATIONAL CHARACTER VARYING(7)", "varchar(7)"},
      {"NVARCHAR(7)", "varchar(7)"},
      {"NVARCHAR", "varchar(256)"},
      {"TEXT", "varchar(256)"},
      {"CHAR", "char(1)"},
      {"CHAR(MAX)", "char(4096)"},
      {"CHARACTER(3)", "char(3)"},
      {"NCHAR", "char(1)"},
      {"NCHAR(3)", "char(3)"},
      {"BPCHAR", "char(256)"},
      {"NUMERIC", "numeric(18,0)"},
      {"DECIMAL", "numeric(18,0)"},
      {"DEC(5)", "numeric(5,0)"},
      {"DECIMAL(5, 2)", "numeric(5,2)"},
      {"TIMESTAMP WITHOUT TIME ZONE", "timestamp"},
      {"TIMESTAMP WITH TIME ZONE", "timestamptz"},
      {"TIME WITH TIME ZONE", "timetz"},
      {"DATETIME", "timestamp"},
      {"SUPER", "jsonb"},
  };
  for (const auto& [redshift, postgres] : other) {
    EXPECT_EQ(Type(redshift), postgres) << redshift;
  }
}

TEST(RedshiftDialect, RefusesTypesByName) {
  for (const std::string type :
       {"VARBYTE", "GEOMETRY", "GEOGRAPHY", "HLLSKETCH", "SERIAL", "JSONB"}) {
    EXPECT_EQ(Why("CREATE TABLE t (a " + type + ")"), NotTranslated("type " + type));
  }
  EXPECT_EQ(Refusal("CREATE TABLE t (a VARCAR(3))").hint(), "Did you mean VARCHAR?");
  for (const auto* type : {"VARCHAR(0)", "VARCHAR(65536)", "CHAR(4097)", "NUMERIC(39)", "TEXT(5)",
                           "NUMERIC(5,6)", "VARCHAR()", "TIMESTAMP(3)", "INT[]", "VARCHAR(5"}) {
    EXPECT_EQ(Refusal(std::string("CREATE TABLE t (a ") + type + ")").kind(), ErrorKind::kUsage);
  }
}

TEST(RedshiftDialect, CreateTableDropsWhatPlacesData) {
  ExpectAll({
      {"CREATE TABLE t (a INT ENCODE az64 DISTKEY SORTKEY, b INT) DISTSTYLE KEY ENCODE AUTO",
       "CREATE TABLE t (a INT, b INT)"},
      {"CREATE TABLE t (a INT)\nDISTKEY (a)\nCOMPOUND SORTKEY (a)",
       "CREATE TABLE t (a INT);\nCREATE INDEX ON t USING brin (a)"},
      {"CREATE TABLE \"s\".t (a INT, b INT) INTERLEAVED SORTKEY (a, b) DISTSTYLE AUTO",
       "CREATE TABLE \"s\".t (a INT, b INT);\nCREATE INDEX ON \"s\".t USING brin (a, b)"},
      {"CREATE TABLE t (a INT) SORTKEY AUTO BACKUP YES", "CREATE TABLE t (a INT)"},
      {"CREATE TABLE IF NOT EXISTS s.t (a INT) BACKUP NO",
       "CREATE UNLOGGED TABLE IF NOT EXISTS s.t (a INT)"},
      {"CREATE TABLE t (\n  a INT ENCODE raw, -- keep\n  b INT\n) DISTSTYLE ALL -- and this",
       "CREATE TABLE t (\n  a INT, -- keep\n  b INT\n)"},
      {"CREATE TABLE t (a VARCHAR(5) COLLATE CASE_SENSITIVE NOT NULL)",
       "CREATE TABLE t (a VARCHAR(5) NOT NULL)"},
  });
}

TEST(RedshiftDialect, KeysEnforceNothingButNotNull) {
  ExpectAll({
      {"CREATE TABLE t (a INT PRIMARY KEY, b INT UNIQUE)",
       "CREATE TABLE t (a INT NOT NULL, b INT)"},
      {"CREATE TABLE t (a INT NOT NULL PRIMARY KEY)", "CREATE TABLE t (a INT NOT NULL)"},
      {"CREATE TABLE t (a INT, b INT REFERENCES s.u (b), PRIMARY KEY (A), UNIQUE (a, b))",
       "CREATE TABLE t (a INT NOT NULL, b INT)"},
      {"CREATE TABLE t (CONSTRAINT k PRIMARY KEY (a), a INT, FOREIGN KEY (a) REFERENCES u, b INT)",
       "CREATE TABLE t ( a INT NOT NULL, b INT)"},
  });
  EXPECT_EQ(Why("CREATE TABLE t (a INT,\n CHECK (a > 0))"),
            "f.sql:4: CHECK constraints do not exist on Redshift");
  EXPECT_EQ(Why("CREATE TABLE t (a INT CHECK (a > 0))"),
            "f.sql:3: CHECK constraints do not exist on Redshift");
}

TEST(RedshiftDialect, IdentityBeginsAtItsSeed) {
  ExpectAll({
      {"CREATE TABLE t (a BIGINT IDENTITY(0, 1) NOT NULL)",
       "CREATE TABLE t (a BIGINT GENERATED ALWAYS AS IDENTITY (START WITH 0 INCREMENT BY 1 "
       "MINVALUE 0 CACHE 1000) NOT NULL)"},
      {"CREATE TABLE t (a INT GENERATED BY DEFAULT AS IDENTITY(-5,-2))",
       "CREATE TABLE t (a INT GENERATED BY DEFAULT AS IDENTITY (START WITH -5 INCREMENT BY -2 "
       "MAXVALUE -5 CACHE 1000))"},
  });
  EXPECT_EQ(Refusal("CREATE TABLE t (a INT IDENTITY(1,0))").kind(), ErrorKind::kUsage);
  EXPECT_EQ(Refusal("CREATE TABLE t (a INT IDENTITY)").kind(), ErrorKind::kUsage);
}

TEST(RedshiftDialect, TemporaryTablesKeepTheirNames) {
  ExpectAll({
      {"CREATE TABLE #Tmp (a INT) BACKUP NO", R"(CREATE TEMP TABLE "#tmp" (a INT))"},
      {"CREATE LOCAL TEMP TABLE t (a INT) BACKUP NO", "CREATE TEMP TABLE t (a INT)"},
      {"CREATE TABLE #t DISTKEY (a) AS SELECT 1 AS a",
       R"(CREATE TEMP TABLE "#t" AS SELECT 1 AS a)"},
      {"INSERT INTO #t SELECT #t.a, 5 # 3 FROM #t, #u",
       R"(INSERT INTO "#t" SELECT "#t".a, 5 # 3 FROM "#t", "#u")"},
      {"DROP TABLE #t", R"(DROP TABLE "#t")"},
  });
  EXPECT_EQ(Why("SELECT a INTO #t FROM u"), "f.sql:3: SELECT INTO a temporary table");
  EXPECT_EQ(Why("SELECT a #b FROM u"), "f.sql:3: '#b' after an operand");
}

TEST(RedshiftDialect, CreateTableAsTranslatesItsQuery) {
  ExpectAll({
      {"CREATE TABLE t (a, b) BACKUP NO SORTKEY (a) AS (SELECT NVL(x, 1), 2 FROM u)",
       "CREATE UNLOGGED TABLE t (a, b) AS (SELECT COALESCE(x, 1), 2 FROM u);\nCREATE INDEX ON t "
       "USING brin (a)"},
      {"CREATE TABLE t AS SELECT TOP 3 x::VARCHAR FROM u",
       "CREATE TABLE t AS SELECT x::varchar(256) FROM u LIMIT 3"},
  });
}

TEST(RedshiftDialect, RefusesBrokenTables) {
  const std::vector<std::pair<std::string, std::string>> broken = {
      {"CREATE TABLE t", "expected '(' or AS but found the end of the statement"},
      {"CREATE TABLE t (a INT, A INT)", "column a stands here twice"},
      {"CREATE TABLE t (a INT) DISTKEY (b)", "the table has no column b"},
      {"CREATE TABLE t (a INT, PRIMARY KEY (b))", "the table has no column b"},
      {"CREATE TABLE t (a INT REFERENCES u ON DELETE CASCADE)",
       "expected an attribute of the column, ',' or ')' but found 'ON'"},
      {"CREATE TABLE t (a INT) PARTITION BY a",
       "expected a table attribute (BACKUP, DISTSTYLE, DISTKEY, SORTKEY, ENCODE AUTO) but found "
       "'PARTITION'"},
      {"CREATE TABLE t (a INT) DISTSTYLE ODD",
       "expected a table attribute (BACKUP, DISTSTYLE, DISTKEY, SORTKEY, ENCODE AUTO) but found "
       "'DISTSTYLE'"},
      {"CREATE TABLE t (a INT GENERATED ALWAYS AS IDENTITY)",
       "expected an attribute of the column, ',' or ')' but found 'GENERATED'"},
      {"CREATE TABLE t (a INT DEFAULT)", "expected a value after DEFAULT but found ')'"},
      {"CREATE TABLE t (a VARCHAR(5) COLLATE CASE_INSENSITIVE)",
       "COLLATE CASE_INSENSITIVE is not translated for the local engine"},
  };
  for (const auto& [sql, why] : broken) EXPECT_EQ(Why(sql), "f.sql:3: " + why);
}

TEST(RedshiftDialect, AlterTable) {
  ExpectAll({
      {"ALTER TABLE s.t ADD COLUMN a VARCHAR DEFAULT NVL(NULL, 'x') ENCODE zstd NOT NULL",
       "ALTER TABLE s.t ADD COLUMN a varchar(256) DEFAULT COALESCE(NULL, 'x') NOT NULL"},
      {"ALTER TABLE t ADD a SUPER", "ALTER TABLE t ADD a jsonb"},
      {"ALTER TABLE t ALTER COLUMN a TYPE VARCHAR(MAX)",
       "ALTER TABLE t ALTER COLUMN a TYPE varchar(65535)"},
  });
  EXPECT_EQ(Why("ALTER TABLE t APPEND FROM u"), NotTranslated("ALTER TABLE ... APPEND FROM"));
  EXPECT_EQ(Why("ALTER TABLE t ADD PRIMARY KEY (a)"), NotTranslated("ALTER TABLE ... ADD PRIMARY"));
  EXPECT_EQ(Why("ALTER TABLE t ALTER DISTKEY a"), NotTranslated("ALTER TABLE ... ALTER DISTKEY"));
  EXPECT_EQ(Why("ALTER TABLE t ADD a INT, ADD b INT"),
            "f.sql:3: more than one change in an ALTER TABLE");
}

TEST(RedshiftDialect, RewritesFunctions) {
  ExpectAll({
      {"SELECT NVL(a, LEN( b ))", "SELECT COALESCE(a, LENGTH( b ))"},
      {"SELECT NVL2(a, b, c)", "SELECT (CASE WHEN (a) IS NOT NULL THEN b ELSE c END)"},
      {"SELECT CHARINDEX('x', a)", "SELECT strpos(a, 'x')"},
      {"SELECT CONCAT(a, b || c)", "SELECT ((a) || (b || c))"},
      {"SELECT ROUND(a), ROUND(b, 2)", "SELECT ROUND(a), ROUND(CAST(b AS numeric), 2)"},
      {"SELECT SYSDATE, CURRENT_DATE",
       "SELECT (now() AT TIME ZONE 'UTC'), CAST(now() AT TIME ZONE 'UTC' AS date)"},
      {"SELECT GETDATE()", "SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC')"},
      {"SELECT TOP 10 GETDATE()",
       "SELECT date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC') LIMIT 10"},
      {"SELECT MEDIAN(a)", "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a)"},
      {"SELECT LISTAGG(DISTINCT a, ', ') WITHIN GROUP (ORDER BY a)",
       "SELECT string_agg(DISTINCT a, ', ' ORDER BY a)"},
      {"SELECT LISTAGG(a)", "SELECT string_agg(a, '')"},
      {"SELECT APPROXIMATE COUNT(DISTINCT a)", "SELECT  COUNT(DISTINCT a)"},
      {"SELECT DECODE(a, 1, 'x', NULL, 'y', 'z')",
       "SELECT (CASE WHEN (a) IS NOT DISTINCT FROM (1) THEN 'x' WHEN (a) IS NOT DISTINCT FROM "
       "(NULL) THEN 'y' ELSE 'z' END)"},
      {"SELECT CONVERT(INTEGER, a)", "SELECT CAST(a AS INTEGER)"},
      {"SELECT CAST(NVL(a, b) AS VARCHAR), c::numeric, d::char",
       "SELECT CAST(COALESCE(a, b) AS varchar(256)), c::numeric(18,0), d::char(1)"},
      {"SELECT DATE_PART(w, a), DATE_TRUNC('mon', b)",
       "SELECT date_part('week', a), date_trunc('month', CAST(b AS timestamp))"},
      {"SELECT EXTRACT(weekday FROM NVL(a, b))",
       "SELECT CAST(FLOOR(date_part('dow', COALESCE(a, b))) AS integer)"},
      {"SELECT AVG(a::float), AVG(CAST(b AS DOUBLE PRECISION))",
       "SELECT AVG(a::float), AVG(CAST(b AS DOUBLE PRECISION))"},
      {"SELECT 1 MINUS SELECT 2", "SELECT 1 EXCEPT SELECT 2"},
      {"SELECT DISTINCT TOP 2 a FROM (SELECT TOP 3 a FROM t ORDER BY 1) x",
       "SELECT DISTINCT a FROM (SELECT a FROM t ORDER BY 1 LIMIT 3) x LIMIT 2"},
      {R"(SELECT nvl, t.getdate, "Len" FROM t)", R"(SELECT nvl, t.getdate, "len" FROM t)"},
  });
}

TEST(RedshiftDialect, BackslashesKeepRedshiftsMeaning) {
  ExpectAll({{R"(SELECT 'a\\b', 'c')", R"(SELECT E'a\\b', 'c')"},
             {R"(SELECT 'l\'auto')", R"(SELECT E'l\'auto')"}});
  EXPECT_EQ(Why("SELECT '\\x41'"), "f.sql:3: escape '\\x' in a literal");
  EXPECT_EQ(Why("SELECT E'a'"), "f.sql:3: a literal that begins with E'");
}

TEST(RedshiftDialect, RefusesWordsByName) {
  for (const std::string words :
       {"QUALIFY", "IGNORE NULLS", "RETURNING", "ON CONFLICT", "PIVOT", "IS DISTINCT FROM",
        "LATERAL", "FOR UPDATE", "CURRENT_TIMESTAMP"}) {
    EXPECT_EQ(Why("SELECT a " + words + " b"), NotTranslated(words));
  }
}

TEST(RedshiftDialect, RefusesConstructsByName) {
  const std::vector<std::pair<std::string, std::string>> constructs = {
      {"SELECT DISTINCT ON (a) b FROM t", "DISTINCT ON"},
      {"SELECT SUM(a) FILTER (WHERE b) FROM t", "FILTER"},
      {"SELECT ARRAY[1]", "ARRAY"},
      {"SELECT a[1] FROM t", "'['"},
      {"SELECT a -> 'b' FROM t", "'->'"},
      {"SELECT 1; SELECT 2", "';'"},
      {"SELECT TOP 1 a FROM t UNION SELECT 2", "TOP together with UNION"},
      {"SELECT DATEDIFF(week, a, b)", "DATEDIFF with date part 'week'"},
      {"SELECT DATEADD(dow, 1, b)", "DATEADD with date part 'dow'"},
      {"SELECT EXTRACT(decade FROM b)", "date part 'decade'"},
      {"SELECT MEDIAN(a) OVER (PARTITION BY b)", "MEDIAN with OVER"},
  };
  for (const auto& [sql, name] : constructs) EXPECT_EQ(Why(sql), NotTranslated(name));
  EXPECT_EQ(Why("SELECT :a"), "f.sql:3: variable :a is not filled in");
}

TEST(RedshiftDialect, RefusesFunctionsThatAreNotListed) {
  for (const std::string name : {"STRING_AGG", "GENERATE_SERIES", "NOW", "JSON_EXTRACT_PATH_TEXT",
                                 "RATIO_TO_REPORT", "REGEXP_REPLACE"}) {
    EXPECT_EQ(Why("SELECT\n" + name + "(a)"),
              "f.sql:4: function " + name + " is not translated for the local engine");
  }
  const Error error = Refusal("SELECT COALESE(a, b)");
  EXPECT_STREQ(error.what(),
               "f.sql:3: function COALESE is not known to mean the same on both engines");
  EXPECT_EQ(error.hint(), "Did you mean COALESCE?");
  EXPECT_EQ(Why("SELECT pg_catalog.now()"), "f.sql:3: function now with a schema before it");
  EXPECT_EQ(Why("SELECT NVL2(a, b)"), "f.sql:3: NVL2 with 2 arguments");
}

TEST(RedshiftDialect, RefusesWhatRedshiftWouldRefuse) {
  EXPECT_EQ(Why("SELECT SUM(a) OVER (ORDER BY b) FROM t"),
            "f.sql:3: Redshift wants a frame in the window of SUM");
  EXPECT_EQ(Why("SELECT AVG(a) FROM t"),
            "f.sql:3: AVG of what may be integers or decimals rounds differently on Redshift");
  EXPECT_EQ(Why("DELETE FROM t a WHERE a.b = 1"), "f.sql:3: DELETE with 'a' after the table");
  EXPECT_EQ(Why("WITH x AS (SELECT 1) INSERT INTO t SELECT 1"),
            "f.sql:3: WITH before INSERT does not exist on Redshift");
  EXPECT_EQ(Why("LOCK t IN SHARE MODE"),
            "f.sql:3: LOCK ... IN ... MODE does not exist on Redshift");
  EXPECT_EQ(Pg("DELETE t WHERE a = 1"), "DELETE FROM t WHERE a = 1");
}

TEST(RedshiftDialect, MergeHasRedshiftsShape) {
  const std::string head = "MERGE INTO t USING s ON t.k = s.k ";
  const std::string shape =
      "f.sql:3: Redshift's MERGE has one WHEN MATCHED and one WHEN NOT MATCHED";
  const std::string merge = head +
                            "WHEN MATCHED THEN UPDATE SET a = s.a WHEN NOT MATCHED THEN INSERT "
                            "(k, a) VALUES (s.k, CASE WHEN s.a = 1 THEN 2 END)";
  EXPECT_EQ(Pg(merge), merge);
  EXPECT_EQ(Why(head + "WHEN MATCHED THEN DELETE"), shape);
  EXPECT_EQ(
      Why(head + "WHEN MATCHED AND t.a = 1 THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)"),
      "f.sql:3: MERGE with a condition beside MATCHED does not exist on Redshift");
  EXPECT_EQ(Why(head + "WHEN MATCHED THEN DO NOTHING WHEN NOT MATCHED THEN INSERT VALUES (1)"),
            "f.sql:3: MERGE ... DO NOTHING does not exist on Redshift");
  EXPECT_EQ(Why(head + "REMOVE DUPLICATES"), NotTranslated("MERGE ... REMOVE DUPLICATES"));
}

TEST(RedshiftDialect, SessionStatements) {
  ExpectAll({
      {"SET query_group TO 'etl'", "SET application_name TO 'etl'"},
      {"RESET query_group", "RESET application_name"},
      {"SET LOCAL statement_timeout = 5", "SET LOCAL statement_timeout = 5"},
      {"ANALYZE s.t PREDICATE COLUMNS", "ANALYZE s.t"},
      {"ANALYZE ALL COLUMNS", "ANALYZE"},
  });
  EXPECT_EQ(Why("SET wlm_query_slot_count TO 3"), NotTranslated("setting 'wlm_query_slot_count'"));
  EXPECT_EQ(Why("SET timezone TO 'CET'"), NotTranslated("setting 'timezone'"));
}

TEST(RedshiftDialect, RefusesOtherStatementsByName) {
  const std::vector<std::pair<std::string, std::string>> others = {
      {"COPY t FROM 'x' JSON", "COPY"},
      {"TRUNCATE t", "TRUNCATE"},
      {"VACUUM t", "VACUUM"},
      {"UNLOAD ('x') TO 's3://b'", "UNLOAD"},
      {"GRANT ALL ON t TO PUBLIC", "GRANT"},
      {"CREATE EXTERNAL TABLE s.t (a INT)", "CREATE EXTERNAL TABLE"},
      {"CREATE INDEX i ON t (a)", "CREATE INDEX I"},
      {"DO $$ x $$", "DO"},
      {"CREATE MATERIALIZED VIEW v AS SELECT 1", "CREATE MATERIALIZED VIEW"},
      {"'a'", "a literal"},
  };
  for (const auto& [sql, name] : others) EXPECT_EQ(Why(sql), NotTranslated("statement " + name));
  EXPECT_EQ(Refusal("SELCT 1").hint(), "Did you mean SELECT?");
  EXPECT_EQ(Why("CREATE VIEW v AS SELECT 1 WITH NO SCHEMA BINDING"),
            NotTranslated("WITH NO SCHEMA BINDING"));
}

TEST(RedshiftDialect, NamesTheLine) {
  EXPECT_EQ(Why("SELECT a,\n -- x\n NOW() FROM t"),
            "f.sql:5: function NOW is not translated for the local engine");
}

}  // namespace
}  // namespace dwh
