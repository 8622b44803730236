#include "warehouse/report_html.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"

namespace dwh {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

DashboardParts Parts() {
  return {
      "<meta content=\"{{policy}}\"><title>{{title}}</title><style>{{style}}</style>"
      "<script id=\"data\">{{data}}</script><script>{{library}}</script>"
      "<script>{{script}}</script>",
      "b{}", "ours()", "theirs()"};
}

Answer Songs(const std::string& title) {
  Answer answer;
  answer.question = ParseQuestion("q.sql", "q", "-- chart: bars title plays\nSELECT 1");
  answer.table.columns = {{"title"}, {"plays", true}};
  answer.table.rows = {{title, "37"}, {std::nullopt, "1.5"}};
  return answer;
}

TEST(Dashboard, HostileNamesStayData) {
  const std::string html =
      RenderDashboard(Parts(), "a<b> & \"c\"", "now",
                      {Songs("</script><img onerror=alert(1)> <!-- {{script}} \xFF &amp;")});
  EXPECT_THAT(html, HasSubstr("<title>a&lt;b&gt; &amp; &quot;c&quot;</title>"));
  EXPECT_THAT(html, HasSubstr("\"\\u003c/script\\u003e\\u003cimg onerror=alert(1)\\u003e "
                              "\\u003c!-- {{script}} \xEF\xBF\xBD \\u0026amp;\",37"));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, Not(HasSubstr("<!--")));
  EXPECT_THAT(html, HasSubstr("[null,1.5]"));
}

TEST(Dashboard, ThePolicyAdmitsItsOwnScriptsByDigestAndNothingElse) {
  const std::string html = RenderDashboard(Parts(), "t", "now", {});
  const auto hash = [](const char* text) {
    return "'sha256-" + Base64Text(AsBytes(Sha256(text))) + "'";
  };
  EXPECT_THAT(html, HasSubstr("content=\"default-src 'none'; script-src " + hash("theirs()") + " " +
                              hash("ours()") + "; style-src " + hash("b{}") +
                              "; img-src data:; base-uri 'none'; form-action 'none'\""));
  EXPECT_THAT(html, Not(HasSubstr("unsafe")));
}

TEST(Dashboard, TooManyRowsAreRefused) {
  Answer answer = Songs("x");
  answer.table.rows.resize(5001, {"x", "1"});
  try {
    RenderDashboard(Parts(), "t", "now", {answer});
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_STREQ(error.what(), "q.sql: 5,001 rows are too many for a dashboard");
  }
}

TEST(Dashboard, AnUnknownPlaceInThePageIsToldNotPassedOn) {
  DashboardParts parts = Parts();
  parts.page = "{{dat}}";
  EXPECT_THROW(RenderDashboard(parts, "t", "now", {}), Error);
}

TEST(Dashboard, WhatIsNotChartJsIsRefused) {
  setenv("DWH_HOME", DWH_SOURCE_DIR, 1);
  setenv("DWH_CHART_JS", DWH_SOURCE_DIR "/config/dashboard/dashboard.js", 1);
  EXPECT_THROW(ReadDashboardParts(), Error);
  setenv("DWH_CHART_JS", "/nowhere/chart.min.js", 1);
  EXPECT_THROW(ReadDashboardParts(), Error);
  const std::filesystem::path good =
      std::filesystem::temp_directory_path() / ("chart-" + std::to_string(getpid()) + ".js");
  WriteFileAtomic(good, "/*! Chart.js v3.9.1 */", 0600);
  setenv("DWH_CHART_JS", good.c_str(), 1);
  EXPECT_EQ(ReadDashboardParts().library, "/*! Chart.js v3.9.1 */");
  std::filesystem::remove(good);
  unsetenv("DWH_CHART_JS");
  unsetenv("DWH_HOME");
}

}  // namespace
}  // namespace dwh
