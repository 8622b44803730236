#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/copy_options.h"

namespace dwh {

/// The Redshift dialect, for an engine that is PostgreSQL 15 (design: "One SQL, two engines").

/// One Redshift statement as the PostgreSQL statement(s) of the same meaning, separated by ";\n".
/// `line` is the line of the statement's first character in its file, for messages. What is not
/// known to mean the same on both is refused by name and line: Error(kUsage).
std::string ToPostgres(std::string_view statement, std::string_view file, int line);

/// The parsed statement if it is a COPY, else nullopt. Options that COPY does not take with JSON,
/// unknown ones and repeated ones are refused by name and line: Error(kUsage).
std::optional<CopyOptions> ParseCopy(std::string_view statement, std::string_view file, int line);

}  // namespace dwh
