#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/redshift_dialect.h"

namespace dwh {
namespace {

CopyOptions Parse(const std::string& sql) {
  const auto copy = ParseCopy(sql, "f.sql", 7);
  EXPECT_TRUE(copy.has_value()) << sql;
  return copy.value_or(CopyOptions{});
}

/// A COPY with these options besides what every COPY needs.
CopyOptions With(const std::string& options) { return Parse("COPY t FROM 'p' JSON " + options); }

Error Refusal(const std::string& sql) {
  try {
    ParseCopy(sql, "f.sql", 7);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(error.hint(), "") << error.what();
    return error;
  }
  return {ErrorKind::kFailed, "accepted: " + sql};
}
std::string Why(const std::string& options) {
  return Refusal("COPY t FROM 'p' JSON " + options).what();
}

TEST(CopyParser, LeavesOtherStatementsAlone) {
  EXPECT_FALSE(ParseCopy("SELECT 'copy'", "f.sql", 1).has_value());
  EXPECT_FALSE(ParseCopy("", "f.sql", 1).has_value());
}

TEST(CopyParser, ReadsAFullStatement) {
  const CopyOptions copy = Parse(
      "copy Stage.\"Events\" (Artist, \"song\") -- why\n FROM 's3://b/log''s/' IAM_ROLE 'arn:x' "
      "MANIFEST "
      "REGION AS 'us-west-2' FORMAT AS JSON 's3://b/paths.json' TIMEFORMAT 'epochmillisecs' "
      "DATEFORMAT AS AUTO ACCEPTANYDATE EMPTYASNULL BLANKSASNULL TRIMBLANKS TRUNCATECOLUMNS "
      "ROUNDEC "
      "EXPLICIT_IDS ACCEPTINVCHARS AS '^' IGNOREHEADER AS 2 MAXERROR AS 10 NOLOAD COMPUPDATE OFF "
      "COMPROWS 100000 STATUPDATE OFF GZIP ENCODING UTF8");
  EXPECT_EQ(copy.schema, "stage");
  EXPECT_EQ(copy.table, "events");
  EXPECT_EQ(copy.columns, (std::vector<std::string>{"artist", "song"}));
  EXPECT_EQ(copy.source, "s3://b/log's/");
  EXPECT_EQ(copy.region, "us-west-2");
  EXPECT_EQ(copy.mapping, JsonMapping::kJsonPaths);
  EXPECT_EQ(copy.jsonpaths, "s3://b/paths.json");
  EXPECT_EQ(copy.timeformat, "epochmillisecs");
  EXPECT_EQ(copy.dateformat, "auto");
  EXPECT_EQ(copy.replacement_char, '^');
  EXPECT_EQ(copy.ignore_header_lines, 2);
  EXPECT_EQ(copy.max_error, 10);
  EXPECT_EQ(copy.compression, Compression::kGzip);
  EXPECT_TRUE(copy.manifest && copy.accept_any_date && copy.empty_as_null && copy.blanks_as_null);
  EXPECT_TRUE(copy.trim_blanks && copy.truncate_columns && copy.round_decimals);
  EXPECT_TRUE(copy.explicit_ids && copy.accept_invalid_chars && copy.no_load);
  EXPECT_FALSE(copy.stat_update);
}

TEST(CopyParser, HasCopysDefaults) {
  const CopyOptions copy = Parse("COPY songs FROM 'data/songs' JSON");
  EXPECT_EQ(copy.schema, "");
  EXPECT_TRUE(copy.columns.empty());
  EXPECT_EQ(copy.mapping, JsonMapping::kAuto);
  EXPECT_EQ(copy.compression, Compression::kNone);
  EXPECT_EQ(copy.max_error, 0);
  EXPECT_EQ(copy.replacement_char, '?');
  EXPECT_TRUE(copy.stat_update);
  EXPECT_FALSE(copy.manifest || copy.no_load || copy.empty_as_null || copy.accept_invalid_chars);
}

TEST(CopyParser, TakesOptionsInAnyOrder) {
  const CopyOptions copy =
      Parse("COPY t FROM 'p' BZIP2 MAXERROR 1 JSON AS 'auto ignorecase' CREDENTIALS AS 'k=v'");
  EXPECT_EQ(copy.compression, Compression::kBzip2);
  EXPECT_EQ(copy.mapping, JsonMapping::kAutoIgnoreCase);
  EXPECT_EQ(Parse("COPY t FROM 'p' ZSTD FORMAT JSON 'noshred'").mapping, JsonMapping::kNoShred);
  EXPECT_EQ(With("ZSTD").compression, Compression::kZstd);
  EXPECT_EQ(Parse("COPY #t FROM 'p' JSON").table, "#t");
}

TEST(CopyParser, TakesEverySpelling) {
  for (const auto* options :
       {"IAM_ROLE default", "IAM_ROLE ''", "ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'b'",
        "ACCESS_KEY_ID 'a' SECRET_ACCESS_KEY 'b' SESSION_TOKEN 'c'", "CREDENTIALS 'k=v'",
        "WITH CREDENTIALS AS 'k=v'", "COMPUPDATE", "COMPUPDATE ON", "COMPUPDATE PRESET",
        "COMPUPDATE FALSE GZIP", "STATUPDATE", "STATUPDATE TRUE", "ACCEPTINVCHARS",
        "ENCODING AS 'utf8'", "TIMEFORMAT AS 'auto'", "MAXERROR 100000", "IGNOREALLERRORS"}) {
    EXPECT_NO_THROW(With(options)) << options;
  }
}

TEST(CopyParser, ReadsSwitches) {
  EXPECT_TRUE(With("STATUPDATE ON").stat_update);
  EXPECT_FALSE(With("STATUPDATE FALSE").stat_update);
  EXPECT_EQ(With("ACCEPTINVCHARS GZIP").compression, Compression::kGzip);
}

TEST(CopyParser, RefusesWhatDoesNotGoWithJson) {
  for (const std::string option : {"DELIMITER", "ESCAPE", "FILLRECORD", "FIXEDWIDTH", "QUOTE",
                                   "IGNOREBLANKLINES", "NULL", "READRATIO", "REMOVEQUOTES"}) {
    EXPECT_EQ(Why(option + " 'x'"), "f.sql:7: COPY does not take " + option + " with JSON");
  }
  EXPECT_EQ(Why("CSV"), "f.sql:7: COPY: format CSV is not supported");
  EXPECT_STREQ(Refusal("COPY t FROM 'p' FORMAT AS PARQUET").what(),
               "f.sql:7: COPY: format 'PARQUET' is not supported");
  EXPECT_STREQ(Refusal("COPY t FROM 'p' GZIP").what(), "f.sql:7: COPY without FORMAT AS JSON");
}

TEST(CopyParser, RefusesWhatIsNotSupportedByName) {
  EXPECT_EQ(Why("LZOP"), "f.sql:7: COPY: LZOP is not supported");
  EXPECT_EQ(Refusal("COPY t FROM 'p' JSON LZOP").hint(), "Known are GZIP, BZIP2 and ZSTD.");
  EXPECT_EQ(Why("ENCRYPTED"), "f.sql:7: COPY: ENCRYPTED is not supported");
  EXPECT_EQ(Why("ENCODING UTF16LE"), "f.sql:7: COPY: ENCODING UTF16LE is not supported");
  for (const std::string source : {"emr", "dynamodb", "http"}) {
    EXPECT_EQ(std::string(Refusal("COPY t FROM '" + source + "://x' JSON").what()),
              "f.sql:7: COPY: source of kind " + source + "://");
  }
}

TEST(CopyParser, NamesTheNearestOption) {
  const Error error = Refusal("COPY t\nFROM 'p' JSON\nMAXEROR 1");
  EXPECT_STREQ(error.what(), "f.sql:9: COPY: unknown option 'MAXEROR'");
  EXPECT_EQ(error.hint(), "Did you mean MAXERROR?");
}

TEST(CopyParser, RefusesContradictions) {
  EXPECT_EQ(Why("GZIP ZSTD"), "f.sql:7: COPY: a second compression");
  EXPECT_EQ(Why("FORMAT JSON 'auto'"), "f.sql:7: COPY: a second JSON");
  EXPECT_EQ(Why("EMPTYASNULL emptyasnull"), "f.sql:7: COPY: a second EMPTYASNULL");
  EXPECT_EQ(Why("MAXERROR 1 IGNOREALLERRORS"),
            "f.sql:7: COPY: IGNOREALLERRORS together with MAXERROR");
  EXPECT_EQ(Why("IAM_ROLE default CREDENTIALS 'x'"),
            "f.sql:7: COPY: more than one kind of authorization");
  EXPECT_EQ(Why("ACCESS_KEY_ID 'x'"), "f.sql:7: COPY: half of an access key");
}

TEST(CopyParser, ChecksValues) {
  EXPECT_EQ(Why("MAXERROR 100001"),
            "f.sql:7: COPY: MAXERROR needs a number from 0 to 100000, found '100001'");
  EXPECT_EQ(
      Why("MAXERROR"),
      "f.sql:7: COPY: MAXERROR needs a number from 0 to 100000, found the end of the statement");
  EXPECT_EQ(Why("MAXERROR 1.5"),
            "f.sql:7: COPY: MAXERROR needs a number from 0 to 100000, found '1.5'");
  EXPECT_EQ(Why("COMPROWS 10"),
            "f.sql:7: COPY: COMPROWS needs a number from 1000 to 2147483647, found '10'");
  EXPECT_EQ(Why("ACCEPTINVCHARS 'ab'"), "f.sql:7: COPY: ACCEPTINVCHARS needs one ASCII character");
  EXPECT_EQ(Why("TIMEFORMAT ''"), "f.sql:7: COPY: an empty literal");
  EXPECT_EQ(Why("REGION west"), "f.sql:7: expected a literal in single quotes but found 'west'");
  EXPECT_STREQ(Refusal("COPY t FROM '' JSON").what(), "f.sql:7: COPY: an empty literal");
}

TEST(CopyParser, RefusesBrokenStatements) {
  for (const auto* sql :
       {"COPY", "COPY t", "COPY t FROM", "COPY t FROM p JSON", "COPY t () FROM 'p' JSON",
        "COPY t (a b) FROM 'p' JSON", "COPY t (a,) FROM 'p' JSON", "COPY t (a, A) FROM 'p' JSON",
        "COPY a.b.c FROM 'p' JSON", "COPY t (a FROM 'p' JSON", "COPY t FROM 'p' JSON 'auto' 'x'",
        "COPY t FROM E'p' JSON", "COPY t FROM 'p' JSON FORMAT"}) {
    EXPECT_NE(std::string(Refusal(sql).what()).find("f.sql:7: "), std::string::npos) << sql;
  }
}

TEST(CopyParser, NeverRepeatsALiteral) {
  const std::string secret = "wJalrXUtnFEMI";
  const std::string quoted = " '" + secret + "' ";
  for (const std::string& options :
       {"SECRET_ACCESS_KEY" + quoted, "IAM_ROLE default" + quoted,
        StrCat("CREDENTIALS", quoted, "LZOP"), "MAXERROR" + quoted, "ENCRYPTED" + quoted,
        "CREDENTIAL" + quoted, StrCat("CREDENTIALS", quoted, "CREDENTIALS", quoted),
        "TIMEFORMAT SECRET_ACCESS_KEY" + quoted, "SESSION_TOKEN E'" + secret + "'",
        "SESSION_TOKEN '" + secret}) {
    const Error error = Refusal("COPY t FROM 'p' JSON " + options);
    EXPECT_EQ((error.what() + error.hint()).find(secret), std::string::npos) << error.what();
    EXPECT_NE(error.kind(), ErrorKind::kFailed) << error.what();
  }
}

}  // namespace
}  // namespace dwh
