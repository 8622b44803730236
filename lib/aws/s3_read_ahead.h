#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "aws/s3_calls.h"

namespace dwh {

/// Part of an object, small enough to be held in memory.
struct S3Part {
  std::string bucket;
  std::string key;
  S3Range range;
};

/// Fetches parts of objects in a thread of its own, with many connections, ahead of who takes them
/// in order. The memory in use is bounded, whatever the size of objects and their number.
class S3ReadAhead {
 public:
  struct Options {
    /// Called in the thread of its own; nullopt after the last part.
    std::function<std::optional<S3Part>()> next_part;
    size_t budget_bytes = 0;  ///< Of parts asked for and not yet taken; one part always fits.
    /// May be empty. Gets the calls back, with their open connections, if all are done at the end.
    std::function<void(std::unique_ptr<S3Calls>)> give_back;
  };
  S3ReadAhead(std::unique_ptr<S3Calls> calls, Options options);
  /// Breaks off what is under way.
  ~S3ReadAhead();
  S3ReadAhead(const S3ReadAhead&) = delete;
  S3ReadAhead& operator=(const S3ReadAhead&) = delete;

  /// The next part's bytes, as many as its range says. Throws what S3Calls does: Error(kFailed) for
  /// an object that is gone or has changed. Not to be called after the last part.
  std::string Take();

 private:
  struct Slot {
    size_t charge = 0;
    bool done = false;
    S3Outcome outcome;
  };

  void Run();
  void StartParts();
  Slot* Reserve(size_t bytes);

  std::unique_ptr<S3Calls> calls_;
  Options options_;
  std::optional<S3Part> waiting_part_;  ///< Did not fit into the budget yet.
  bool ended_ = false;                  ///< There are no more parts.

  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable changed_;
  std::deque<Slot> slots_;
  size_t used_bytes_ = 0;
  bool starved_ = false;  ///< The thread waits for budget.
  bool stopped_ = false;
  std::exception_ptr failure_;  ///< Of the thread, not of one part.

  std::thread thread_;
};

}  // namespace dwh
