#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

enum class LogLevel { kDebug, kInfo, kWarning, kError };

/// Receives every message at or above the level set. Called from any thread, one call at a time.
using LogSink = std::function<void(LogLevel, std::string_view message)>;

/// Replaces the sink. Without one, messages are dropped: lib never prints by itself.
void SetLogSink(LogSink sink, LogLevel lowest);

/// Messages are whole sentences for people and hold no secrets.
void Log(LogLevel level, std::string_view message);
inline void LogDebug(std::string_view message) { Log(LogLevel::kDebug, message); }
inline void LogInfo(std::string_view message) { Log(LogLevel::kInfo, message); }
inline void LogWarning(std::string_view message) { Log(LogLevel::kWarning, message); }

/// While this lives messages are kept, down to level info, instead of passed on: what they are
/// worth shows only in the end. The destructor passes them on to the sink, as far as its level
/// wants them. One object at a time.
class HeldLog {
 public:
  struct Message {
    LogLevel level;
    std::string text;
  };

  HeldLog();
  ~HeldLog();
  HeldLog(const HeldLog&) = delete;
  HeldLog& operator=(const HeldLog&) = delete;

  /// Passes on what is kept and all that follows.
  void Release();
  /// Forgets what is kept and returns it; all that follows is passed on.
  std::vector<Message> Take();

 private:
  std::vector<Message> messages_;
};

}  // namespace dwh
