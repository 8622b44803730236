#pragma once

#include <functional>

#include "base/error.h"
#include "cli/args.h"

namespace dwh {

/// The frame of every program's main():
///
///   dwh::Args args("etl", "Loads …", {{"etl --dry-run", "List what is new"}});
///   args.app().add_flag("--full", full, "…");
///   return dwh::RunMain(args, argc, argv, [&] { …; return 0; });
///
/// Reads the command line, makes SIGINT and SIGTERM the state of base/interrupt.h, ignores SIGPIPE,
/// sends the log to standard error in the format asked for, and runs `body`. Whatever is thrown is
/// printed there and becomes the exit status; otherwise it is what `body` returned. Results belong
/// on standard output (std::cout or stdio): if they could not be written, the status is 1.
int RunMain(Args& args, int argc, const char* const* argv, const std::function<int()>& body);

/// 1, 2, 3, 4 or 75; for kInterrupted 128 and the signal that arrived (130, 143).
int ExitStatus(ErrorKind kind);

}  // namespace dwh
