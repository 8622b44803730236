#pragma once

#include <cstdint>
#include <string_view>

namespace dwh {

/// How far one step has come.
struct Progress {
  int64_t rows = 0;
  int64_t bytes = 0;
  int64_t total_bytes = 0;  ///< 0 if unknown.
};

/// Told about long work. Calls come from one thread at a time, a few a second at most.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void Begin(std::string_view step) = 0;
  virtual void Update(const Progress& progress) = 0;
  virtual void End() = 0;
};

}  // namespace dwh
