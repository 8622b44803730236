#pragma once

#include <functional>
#include <string>
#include <string_view>

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

}  // namespace dwh
