#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/engine.h"
#include "warehouse/books.h"

namespace dwh {

/// Tells the engine what follows, and notes how long each phase of a run took.
class PhaseLog {
 public:
  explicit PhaseLog(Clock& clock) : clock_(clock) {}

  void Begin(Engine& engine, const std::string& name) {
    End();
    phases_.push_back({name, std::chrono::milliseconds(0)});
    began_ = clock_.Now();
    open_ = true;
    engine.BeginStep(name);
  }
  void End() {
    if (!open_) return;
    phases_.back().time =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock_.Now() - began_);
    open_ = false;
    LogDebug(StrCat(phases_.back().name, ": ", FormatDuration(phases_.back().time)));
  }
  void Clear() {
    phases_.clear();
    open_ = false;
  }
  const std::vector<Phase>& phases() const { return phases_; }

 private:
  Clock& clock_;
  std::vector<Phase> phases_;
  WallTime began_;
  bool open_ = false;
};

}  // namespace dwh
