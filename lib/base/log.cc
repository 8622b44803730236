#include "base/log.h"

#include <mutex>
#include <utility>

namespace dwh {
namespace {

struct LogState {
  std::mutex mutex;
  LogSink sink;
  LogLevel lowest = LogLevel::kInfo;
};

LogState& State() {
  static LogState state;
  return state;
}

}  // namespace

void SetLogSink(LogSink sink, LogLevel lowest) {
  const std::lock_guard lock(State().mutex);
  State().sink = std::move(sink);
  State().lowest = lowest;
}

void Log(LogLevel level, std::string_view message) {
  const std::lock_guard lock(State().mutex);
  if (State().sink && level >= State().lowest) State().sink(level, message);
}

}  // namespace dwh
