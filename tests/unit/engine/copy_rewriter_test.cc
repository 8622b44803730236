#include "engine/copy_rewriter.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/redshift_dialect.h"

namespace dwh {
namespace {

constexpr std::string_view kCopy = R"(COPY "stage".events (ts, "from")
FROM 's3://logs/2018/'  -- FROM here
IAM_ROLE 'arn:aws:iam::1:role/x'
FORMAT AS JSON 'paths.json'
TIMEFORMAT 'epochmillisecs' EMPTYASNULL
MAXERROR 10)";

std::string Rewrite(std::string_view text, const CopyChanges& changes) {
  return RewriteCopy({std::string(text), "copy/events.sql", 1}, changes);
}

CopyOptions Parsed(const std::string& text) {
  return ParseCopy(text, "copy/events.sql", 1).value();
}

TEST(CopyRewriterTest, WithoutChangesTheStatementStaysAsWritten) {
  EXPECT_EQ(Rewrite(kCopy, {}), kCopy);
}

TEST(CopyRewriterTest, ReadsFromAManifestElsewhere) {
  CopyChanges changes;
  changes.source = "s3://stage/it's/events.manifest";
  changes.manifest = true;
  changes.region = "us-west-2";
  changes.jsonpaths = "s3://stage/paths.json";
  changes.compression = Compression::kGzip;
  EXPECT_EQ(Rewrite(kCopy, changes), R"(COPY "stage".events (ts, "from")
FROM 's3://stage/it''s/events.manifest'  -- FROM here
IAM_ROLE 'arn:aws:iam::1:role/x'
FORMAT AS JSON 's3://stage/paths.json'
TIMEFORMAT 'epochmillisecs' EMPTYASNULL
MAXERROR 10
MANIFEST
REGION 'us-west-2'
GZIP)");
}

TEST(CopyRewriterTest, WhatItWritesIsReadAsMeant) {
  CopyChanges changes;
  changes.source = R"(s3://b/back\slash 'quoted' COPY FROM)";
  changes.max_error = 100000;
  changes.no_load = true;
  const CopyOptions options = Parsed(Rewrite(kCopy, changes));
  EXPECT_EQ(options.source, changes.source);
  EXPECT_EQ(options.max_error, 100000);
  EXPECT_TRUE(options.no_load);
  EXPECT_FALSE(options.manifest);
  EXPECT_EQ(options.jsonpaths, "paths.json");
  EXPECT_EQ(options.columns, (std::vector<std::string>{"ts", "from"}));
}

TEST(CopyRewriterTest, AddsOnlyWhatIsNotWritten) {
  const std::string_view copy =
      "COPY t FROM 's3://b/m' IAM_ROLE DEFAULT MANIFEST JSON 'auto' GZIP REGION 'eu-west-1' NOLOAD";
  CopyChanges changes;
  changes.manifest = true;
  changes.region = "us-west-2";
  changes.compression = Compression::kGzip;
  changes.no_load = true;
  EXPECT_EQ(Rewrite(copy, changes), copy);
}

TEST(CopyRewriterTest, AManifestBecomesAPrefix) {
  CopyChanges changes;
  changes.source = "s3://b/one.json";
  changes.manifest = false;
  const CopyOptions options =
      Parsed(Rewrite("COPY t FROM 's3://b/m' MANIFEST IAM_ROLE DEFAULT JSON 'auto'", changes));
  EXPECT_FALSE(options.manifest);
  EXPECT_EQ(options.source, "s3://b/one.json");
}

TEST(CopyRewriterTest, SetsMaxErrorWhereThereIsNone) {
  CopyChanges changes;
  changes.max_error = 7;
  EXPECT_EQ(Rewrite("COPY t FROM 's3://b/p' JSON 'auto' -- all", changes),
            "COPY t FROM 's3://b/p' JSON 'auto'\nMAXERROR 7");
}

TEST(CopyRewriterTest, TakesOptionsWithAs) {
  CopyChanges changes;
  changes.max_error = 7;
  changes.jsonpaths = "s3://b/q";
  EXPECT_EQ(Rewrite("COPY t FROM 's3://b/p' JSON AS 's3://b/paths' MAXERROR AS 5", changes),
            "COPY t FROM 's3://b/p' JSON AS 's3://b/q' MAXERROR AS 7");
}

TEST(CopyRewriterTest, RefusesAnEmptyRole) {
  try {
    Rewrite("COPY t\nFROM 's3://b/p'\nIAM_ROLE '' JSON 'auto'", {});
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_STREQ(error.what(), "copy/events.sql:3: COPY: IAM_ROLE is empty");
    EXPECT_NE(error.hint().find("[IAM_ROLE] ARN"), std::string::npos);
  }
}

TEST(CopyRewriterTest, RefusesWhatIsNoCopyItKnows) {
  EXPECT_THROW(Rewrite("SELECT 1", {}), Error);
  EXPECT_THROW(Rewrite("COPY t FROM 's3://b/p' CSV", {}), Error);
}

}  // namespace
}  // namespace dwh
