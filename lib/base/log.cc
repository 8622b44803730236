#include "base/log.h"

#include <mutex>
#include <utility>

namespace dwh {
namespace {

struct LogState {
  std::mutex mutex;
  LogSink sink;
  LogLevel lowest = LogLevel::kInfo;
  std::vector<HeldLog::Message>* held = nullptr;
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
  if (State().held != nullptr && level >= LogLevel::kInfo) {
    State().held->push_back({level, std::string(message)});
  } else if (State().sink && level >= State().lowest) {
    State().sink(level, message);
  }
}

HeldLog::HeldLog() {
  const std::lock_guard lock(State().mutex);
  State().held = &messages_;
}

HeldLog::~HeldLog() { Release(); }

void HeldLog::Release() {
  for (const Message& message : Take()) Log(message.level, message.text);
}

std::vector<HeldLog::Message> HeldLog::Take() {
  const std::lock_guard lock(State().mutex);
  State().held = nullptr;
  return std::exchange(messages_, {});
}

}  // namespace dwh
