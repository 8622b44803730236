#include "warehouse/metrics.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kPrefix = "sparkify_dwh_etl_";
constexpr std::string_view kLastSuccess = "last_success_timestamp_seconds";

using Labels = std::vector<std::pair<std::string_view, std::string>>;

/// https://prometheus.io/docs/specs/om/open_metrics_spec, "Escaping".
std::string LabelValue(std::string_view text) {
  std::string escaped;
  for (const char c : text.substr(0, ValidUtf8Prefix(text))) {
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c == '\n' ? "\\n" : std::string(1, c);
  }
  return escaped;
}

/// "1541105830.796": milliseconds are what the clock is good for.
std::string Seconds(std::chrono::milliseconds time) {
  constexpr int64_t kThousand = 1000;
  const std::string fraction = std::to_string(kThousand + time.count() % kThousand);
  return StrCat(time.count() / kThousand, ".", fraction.substr(1));
}

std::string Seconds(WallTime time) {
  return Seconds(std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()));
}

class Exposition {
 public:
  void Family(std::string_view name, std::string_view help) {
    family_ = StrCat(kPrefix, name);
    text_ += StrCat("# TYPE ", family_, " gauge\n");
    for (const std::string_view unit : {"seconds", "bytes"}) {
      if (name.ends_with(unit)) text_ += StrCat("# UNIT ", family_, " ", unit, "\n");
    }
    text_ += StrCat("# HELP ", family_, " ", help, "\n");
  }

  template <typename Value>
  void Sample(const Value& value, const Labels& labels = {}) {
    std::vector<std::string> pairs;
    for (const auto& [name, label] : labels) {
      pairs.push_back(StrCat(name, "=\"", LabelValue(label), "\""));
    }
    const std::string set = pairs.empty() ? "" : StrCat("{", Join(pairs, ","), "}");
    text_ += StrCat(family_, set, " ", value, "\n");
  }

  std::string End() { return text_ + "# EOF\n"; }

 private:
  std::string family_;
  std::string text_;
};

/// The last success that `before` tells of, as it stands there.
std::string LastSuccess(const std::string& before) {
  const std::string name = StrCat(kPrefix, kLastSuccess, " ");
  for (const std::string& line : Split(before, '\n')) {
    std::string value = line.starts_with(name) ? line.substr(name.size()) : "";
    if (!value.empty() && value.find_first_not_of("0123456789.") == std::string::npos) return value;
  }
  return "0";
}

void AddEnd(Exposition& out, const RunEnd& end, const std::string& before) {
  const std::string ended = Seconds(end.ended);
  out.Family("last_run_timestamp_seconds", "When the last run ended.");
  out.Sample(ended);
  out.Family(kLastSuccess, "When the last run ended that did not fail.");
  out.Sample(end.status == 0 ? ended : LastSuccess(before));
  out.Family("last_run_success", "1 if the last run did not fail, also where nothing was new.");
  out.Sample(end.status == 0 ? 1 : 0);
  out.Family("last_run_exit_status", "The exit status of the last run.");
  out.Sample(end.status);
  out.Family("last_run_duration_seconds", "How long the last run took.");
  out.Sample(Seconds(std::chrono::duration_cast<std::chrono::milliseconds>(end.ended - end.began)));
}

void AddBooks(Exposition& out, const std::vector<SourceBooks>& sources) {
  struct Line {
    std::string_view name;
    std::string_view help;
    std::function<int64_t(const SourceBooks&)> value;
  };
  const std::vector<Line> lines = {
      {"last_run_objects_listed", "Objects in the source.", [](auto& b) { return b.listed; }},
      {"last_run_objects_loaded", "Objects loaded.", [](auto& b) { return b.loaded; }},
      {"last_run_objects_known", "Objects loaded before.", [](auto& b) { return b.known; }},
      {"last_run_objects_failed", "Objects of a load refused.", [](auto& b) { return b.failed; }},
      {"last_run_records", "Records read.", [](auto& b) { return b.counts.records; }},
      {"last_run_rows", "Rows loaded.", [](auto& b) { return b.counts.rows; }},
      {"last_run_rejects", "Records rejected.", [](auto& b) { return b.counts.rejects; }},
      {"last_run_loaded_bytes", "Size of what was loaded.", [](auto& b) { return b.bytes; }},
  };
  for (const Line& line : lines) {
    out.Family(line.name, line.help);
    for (const SourceBooks& books : sources) {
      out.Sample(line.value(books), {{"table", books.table}});
    }
  }
}

}  // namespace

std::string RenderMetrics(const EtlReport& report, const RunEnd& end, const std::string& before) {
  Exposition out;
  AddEnd(out, end, before);
  out.Family("last_run_phase_duration_seconds", "How long each phase of the last run took.");
  for (const Phase& phase : SumOf(report.phases)) {
    out.Sample(Seconds(phase.time), {{"phase", phase.name}});
  }
  AddBooks(out, report.sources);
  out.Family("last_run_objects_vanished", "Objects loaded once that the source lists no more.");
  out.Sample(report.vanished);
  out.Family("last_run_objects_quarantined", "Objects left out because they cannot be loaded.");
  out.Sample(report.quarantined.size());
  return out.End();
}

void WriteMetrics(const std::filesystem::path& path, const EtlReport& report, const RunEnd& end) {
  constexpr mode_t kReadable = 0644;
  const std::string before = std::filesystem::exists(path) ? ReadFile(path) : "";
  WriteFileAtomic(path, RenderMetrics(report, end, before), kReadable);
}

}  // namespace dwh
