#include "aws/s3_read_ahead.h"

#include <utility>

namespace dwh {
namespace {

/// What a small part costs beside its bytes: its slot, its response's headers.
constexpr size_t kSlotBytes = 1024;

S3Request RangeRequest(S3Part part) {
  S3Request request;
  request.action = "GetObject";
  request.bucket = std::move(part.bucket);
  request.key = std::move(part.key);
  request.range = std::move(part.range);
  return request;
}

}  // namespace

S3ReadAhead::S3ReadAhead(std::unique_ptr<S3Calls> calls, Options options)
    : calls_(std::move(calls)), options_(std::move(options)), thread_([this] { Run(); }) {}

S3ReadAhead::~S3ReadAhead() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  calls_->Wake();
  thread_.join();
  if (!failure_ && calls_->pending() == 0 && options_.give_back) {
    options_.give_back(std::move(calls_));
  }
}

void S3ReadAhead::Run() {
  try {
    while (true) {
      StartParts();
      if (ended_ && calls_->pending() == 0) return;
      calls_->Poll(std::chrono::seconds(1));
      const std::lock_guard lock(mutex_);
      if (stopped_) return;
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

void S3ReadAhead::StartParts() {
  while (!ended_ && calls_->pending() < calls_->limit()) {
    if (!waiting_part_) waiting_part_ = options_.next_part();
    if (!waiting_part_) {
      ended_ = true;
      return;
    }
    Slot* const slot = Reserve(static_cast<size_t>(waiting_part_->range.length) + kSlotBytes);
    if (slot == nullptr) return;
    calls_->Start(RangeRequest(*std::exchange(waiting_part_, std::nullopt)),
                  [this, slot](S3Outcome outcome) {
                    const std::lock_guard lock(mutex_);
                    slot->outcome = std::move(outcome);
                    slot->done = true;
                    if (slot == &slots_.front()) changed_.notify_all();
                  });
  }
}

/// Null if the budget is used up; the taker then wakes the thread.
S3ReadAhead::Slot* S3ReadAhead::Reserve(size_t bytes) {
  const std::lock_guard lock(mutex_);
  if (used_bytes_ > 0 && used_bytes_ + bytes > options_.budget_bytes) {
    starved_ = true;
    return nullptr;
  }
  used_bytes_ += bytes;
  slots_.push_back({.charge = bytes, .done = false, .outcome = {}});
  return &slots_.back();
}

std::string S3ReadAhead::Take() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return failure_ || (!slots_.empty() && slots_.front().done); });
  if (slots_.empty() || !slots_.front().done) std::rethrow_exception(failure_);
  S3Outcome outcome = std::move(slots_.front().outcome);
  used_bytes_ -= slots_.front().charge;
  slots_.pop_front();
  // Not for every small part: waking costs more than such a part does.
  const bool wake = starved_ && used_bytes_ <= options_.budget_bytes / 8 * 7;
  if (wake) starved_ = false;
  lock.unlock();
  if (wake) calls_->Wake();
  if (outcome.error) std::rethrow_exception(outcome.error);
  return std::move(outcome.response.body);
}

}  // namespace dwh
