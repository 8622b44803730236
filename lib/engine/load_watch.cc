#include "engine/load_watch.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "base/text.h"

namespace dwh {

LoadWatch::LoadWatch(ConnectParams params, std::string query, int64_t total_bytes,
                     ProgressSink* sink, std::chrono::milliseconds interval)
    : params_(std::move(params)), query_(std::move(query)), sink_(sink), interval_(interval) {
  constexpr int kPatience = 3;
  params_.connect_timeout_s = kPatience;
  progress_.total_bytes = total_bytes;
  if (sink_ != nullptr) thread_ = std::thread([this] { Watch(); });
}

LoadWatch::~LoadWatch() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

bool LoadWatch::Pause() {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, interval_, [this] { return ended_; });
}

void LoadWatch::Watch() {
  std::optional<Connection> session;
  bool answers = true;
  // A short COPY is over before the first question.
  while (Pause()) {
    if (answers) {
      try {
        if (!session) {
          session.emplace(params_);
          // The question may queue behind other people's, and the load must not wait for it.
          session->Exec("SET statement_timeout TO 5000");
        }
        Ask(*session);
      } catch (const std::exception& error) {
        answers = false;
        LogDebug(StrCat("the load goes on, but not its progress: ", error.what()));
      }
    }
    sink_->Update(progress_);  // without numbers too: the sink knows the time
  }
}

void LoadWatch::Ask(Connection& session) {
  const Result row = session.Exec(query_);
  if (row.rows() == 0) return;
  const int64_t files = row.integer(0, 2);
  progress_.rows = std::max(progress_.rows, row.integer(0, 0));
  if (files <= 0) return;
  const double share =
      std::clamp(static_cast<double>(row.integer(0, 1)) / static_cast<double>(files), 0.0, 1.0);
  progress_.bytes = std::max(
      progress_.bytes, static_cast<int64_t>(share * static_cast<double>(progress_.total_bytes)));
}

}  // namespace dwh
