#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "base/progress.h"
#include "pg/connection.h"

namespace dwh {

/// Tells how far a COPY is that another session runs, from a session of its own: the COPY itself is
/// silent. While it lives it alone calls the sink. What it cannot find out it does not tell; it
/// never throws, and never holds up the load for more than some seconds.
class LoadWatch {
 public:
  /// `query` gives one row: rows, files done, files. `total_bytes` are those of the files. `sink`
  /// may be null; then nothing happens.
  LoadWatch(ConnectParams params, std::string query, int64_t total_bytes, ProgressSink* sink,
            std::chrono::milliseconds interval);
  ~LoadWatch();
  LoadWatch(const LoadWatch&) = delete;
  LoadWatch& operator=(const LoadWatch&) = delete;

 private:
  void Watch();
  void Ask(Connection& session);
  /// False when it is time to end.
  bool Pause();

  ConnectParams params_;
  std::string query_;
  Progress progress_;
  ProgressSink* sink_;
  std::chrono::milliseconds interval_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace dwh
