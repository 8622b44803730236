#pragma once

#include <memory>

#include "base/clock.h"
#include "base/progress.h"
#include "cli/args.h"
#include "cli/console.h"

namespace dwh {

/// Progress for people. On a terminal a line with a bar, rows, bytes, rate and time left, drawn at
/// most 5 times a second and gone at End(); elsewhere a log message every 10 s. With
/// --log-format json always messages. --quiet means none at all, unless --progress on is given;
/// --progress off always means none. The console and the clock must outlive the sink.
std::unique_ptr<ProgressSink> MakeProgressSink(const CommonOptions& options, Console& console,
                                               Clock& clock);

}  // namespace dwh
