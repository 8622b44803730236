#include "cli/progress_bar.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "cli/text_table.h"

namespace dwh {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kBarInterval{200};
constexpr milliseconds kMessageInterval{10'000};
/// Before that the rate says little, and a guess of the time left less.
constexpr milliseconds kFirstRate{1000};

std::string Seconds(int64_t seconds) {
  return seconds < 100 ? StrCat(seconds, " s") : FormatDuration(std::chrono::seconds(seconds));
}

class NoProgress : public ProgressSink {
 public:
  void Begin(std::string_view) override {}
  void Update(const Progress&) override {}
  void End() override {}
};

class ShownProgress : public ProgressSink {
 public:
  ShownProgress(bool bar, Console& console, Clock& clock)
      : bar_(bar), console_(console), clock_(clock) {}
  ShownProgress(const ShownProgress&) = delete;
  ShownProgress& operator=(const ShownProgress&) = delete;
  ~ShownProgress() override { ShownProgress::End(); }

  void Begin(std::string_view step) override {
    step_ = Printable(step);
    began_ = clock_.Steady();
    shown_ = began_;
    if (bar_) console_.SetStatus(step_);
  }

  void Update(const Progress& progress) override {
    const SteadyTime now = clock_.Steady();
    if (now - shown_ < (bar_ ? kBarInterval : kMessageInterval)) return;
    shown_ = now;
    const std::vector<std::string> numbers = Numbers(progress, now);
    if (bar_) {
      console_.SetStatus(BarLine(progress, Join(numbers, "  ")));
    } else {
      LogInfo(StrCat(step_, ": ", Join(numbers, ", ")));
    }
  }

  void End() override {
    if (bar_) console_.SetStatus("");
  }

 private:
  std::vector<std::string> Numbers(const Progress& progress, SteadyTime now) const {
    std::vector<std::string> numbers;
    const auto elapsed = std::chrono::duration_cast<milliseconds>(now - began_);
    const double rate = elapsed < kFirstRate ? 0
                                             : static_cast<double>(progress.bytes) * 1000 /
                                                   static_cast<double>(elapsed.count());
    const int64_t left = std::max<int64_t>(0, progress.total_bytes - progress.bytes);
    if (progress.total_bytes > 0) {
      numbers.push_back(StrCat(static_cast<int>(100 * Share(progress)), "%"));
    }
    numbers.push_back(FormatCount(progress.rows) + (progress.rows == 1 ? " row" : " rows"));
    numbers.push_back(FormatBytes(progress.bytes));
    if (progress.total_bytes > 0) numbers.back() += " of " + FormatBytes(progress.total_bytes);
    if (rate < 1) return numbers;
    numbers.push_back(FormatBytes(static_cast<int64_t>(rate)) + "/s");
    if (progress.total_bytes > 0) {
      numbers.push_back(Seconds(static_cast<int64_t>(static_cast<double>(left) / rate)) + " left");
    }
    return numbers;
  }

  static double Share(const Progress& progress) {
    const double share =
        static_cast<double>(progress.bytes) / static_cast<double>(progress.total_bytes);
    return std::clamp(share, 0.0, 1.0);
  }

  std::string BarLine(const Progress& progress, const std::string& numbers) const {
    // The last column stays free: writing it makes some terminals begin a new line.
    const size_t width = console_.Width() - 1;
    std::string line = StrCat(step_, "  ", numbers);
    const size_t used = DisplayWidth(line) + 4;  // brackets and two blanks
    if (progress.total_bytes > 0 && used + 10 <= width) {
      const size_t length = std::min<size_t>(30, width - used);
      const auto done = static_cast<size_t>(Share(progress) * static_cast<double>(length));
      line = StrCat(step_, "  [", std::string(done, '='), std::string(length - done, ' '), "]  ",
                    numbers);
    }
    return std::string(TruncateUtf8(line, width));
  }

  bool bar_;
  Console& console_;
  Clock& clock_;
  std::string step_;
  SteadyTime began_;
  SteadyTime shown_;
};

}  // namespace

std::unique_ptr<ProgressSink> MakeProgressSink(const CommonOptions& options, Console& console,
                                               Clock& clock) {
  const bool wanted = options.progress == ProgressMode::kOn ||
                      (options.progress == ProgressMode::kAuto && !options.quiet);
  if (!wanted) return std::make_unique<NoProgress>();
  const bool bar = console.is_terminal() && options.log_format == LogFormat::kText;
  return std::make_unique<ShownProgress>(bar, console, clock);
}

}  // namespace dwh
