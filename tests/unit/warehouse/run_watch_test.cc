#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/failure.h"
#include "warehouse/metrics.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const RunEnd kSuccess{WallTime(milliseconds(1'000'000'500)), WallTime(milliseconds(1'000'012'625)),
                      0};
const RunEnd kFailure{kSuccess.began, kSuccess.ended, 3};
constexpr const char* kLastSuccess = "sparkify_dwh_etl_last_success_timestamp_seconds ";

TEST(Metrics, TheTimeOfTheLastSuccessOutlivesFailures) {
  const EtlReport report;
  const std::string good = RenderMetrics(report, kSuccess, "");
  EXPECT_THAT(good, HasSubstr(StrCat(kLastSuccess, "1000012.625\n")));
  EXPECT_THAT(good, HasSubstr("last_run_duration_seconds 12.125\n"));
  const std::string bad = RenderMetrics(report, kFailure, RenderMetrics(report, kFailure, good));
  EXPECT_THAT(bad, HasSubstr(StrCat(kLastSuccess, "1000012.625\n")));
  EXPECT_THAT(bad, HasSubstr("last_run_success 0\n"));
  EXPECT_THAT(bad, HasSubstr("last_run_exit_status 3\n"));
  EXPECT_THAT(RenderMetrics(report, kFailure, ""), HasSubstr(StrCat(kLastSuccess, "0\n")));
  EXPECT_THAT(RenderMetrics(report, kFailure, StrCat(kLastSuccess, "soon\n")),
              HasSubstr(StrCat(kLastSuccess, "0\n")));
}

TEST(Metrics, LabelsAreEscapedAndNeverTwice) {
  EtlReport report;
  report.phases = {{"copy \"a\\b\"\n", milliseconds(1)}, {"copy \"a\\b\"\n", milliseconds(20)}};
  const std::string text = RenderMetrics(report, kSuccess, "");
  EXPECT_THAT(text, HasSubstr("phase_duration_seconds{phase=\"copy \\\"a\\\\b\\\"\\n\"} 0.021\n"));
  EXPECT_TRUE(text.ends_with("# EOF\n"));
}

TEST(Failure, SaysWhatFirstAndThenWhereAndWhen) {
  DwhConfig config;
  config.path = "/srv/dwh.cfg";
  EtlReport report;
  report.run_id = "19700112134652-7";
  SourceBooks books;
  books.table = "stage.events";
  books.listed = books.failed = 1234;
  report.sources = {books};
  report.quarantined = {{"events", "/data/x.json", "no JSON"}};
  const std::string text =
      DescribeFailure(config, report, {"it broke", "mend it.", "check", kFailure, {"/srv/x.json"}});
  EXPECT_TRUE(text.starts_with("etl failed: it broke\nwhat to do: mend it.\n\nexit status: 3\n"));
  for (const char* line :
       {"run: 19700112134652-7\n", "configuration: /srv/dwh.cfg\n", "phase: check\n",
        "ended: 1970-01-12T13:46:52Z, after 12.1 s\n", "published: no",
        "stage.events: 1,234 objects listed, 0 loaded, 0 already loaded, 1,234 failed; ",
        "left out: /data/x.json of events: no JSON\n", "\n/srv/x.json\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

class OnFailure : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "on_failure_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    config_.path = folder_ / "dwh.cfg";
    SetLogSink([this](LogLevel, std::string_view text) { said_.emplace_back(text); },
               LogLevel::kWarning);
  }
  void TearDown() override {
    SetLogSink(nullptr, LogLevel::kInfo);
    fs::remove_all(folder_);
  }
  void Run(const std::string& command, milliseconds patience = std::chrono::hours(1)) {
    config_.etl.on_failure = command;
    RunOnFailure(config_, "summary\n", "run-1", 4, patience);
  }

  fs::path folder_;
  DwhConfig config_;
  std::vector<std::string> said_;
};

TEST_F(OnFailure, GetsTheSummaryAndTheEnvironmentOfEtlAndNoMore) {
  config_.cluster.db_password = Secret("dwh-cfg-secret");
  config_.aws.secret = Secret("dwh-cfg-secret");
  setenv("OF_ETL", "a=b", 1);
  Run("{ cat; pwd; env; } > told");
  unsetenv("OF_ETL");
  const std::string told = ReadFile(folder_ / "told");
  EXPECT_TRUE(told.starts_with(StrCat("summary\n", folder_.string(), "\n"))) << told;
  EXPECT_THAT(told, HasSubstr("OF_ETL=a=b\n"));
  EXPECT_THAT(told, HasSubstr("DWH_EXIT_STATUS=4\n"));
  EXPECT_THAT(told, HasSubstr("DWH_RUN_ID=run-1\n"));
  EXPECT_THAT(told, Not(HasSubstr("dwh-cfg-secret")));
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(OnFailure, ItsOwnFailureIsAWarning) {
  Run("echo cannot send >&2; exit 7");
  EXPECT_THAT(said_, ElementsAre("The command ON_FAILURE of dwh.cfg ended with status 7: "
                                 "cannot send."));
}

TEST_F(OnFailure, OneThatHangsIsStopped) {
  Run("sleep 1000", milliseconds(1));
  EXPECT_THAT(said_, ElementsAre(HasSubstr("was stopped")));
}

TEST_F(OnFailure, MoreThanAPipeTakesIsCut) {
  config_.etl.on_failure = "wc -c > told";
  RunOnFailure(config_, std::string(100'000, 'x'), "run-1", 1);
  EXPECT_EQ(ReadFile(folder_ / "told"), "4096\n");
}

}  // namespace
}  // namespace dwh
