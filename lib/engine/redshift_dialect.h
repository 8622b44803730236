#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "ingest/copy_options.h"

namespace dwh {

/// The Redshift dialect, for an engine that is PostgreSQL 15 (design: "One SQL, two engines").

/// One Redshift statement as the PostgreSQL statement of the same meaning. `line` is the line of
/// the statement's first character in its file, for messages. What needs no translation stays byte
/// for byte; line breaks stay too. What is not known to mean the same on both, and what only
/// PostgreSQL has, is refused by name and line: Error(kUsage). So is COPY: it belongs to ParseCopy.
///
/// Differences that text cannot bridge, and that remain: VARCHAR(n) counts characters, not bytes;
/// Redshift ignores trailing blanks when it compares VARCHARs (use RTRIM in join keys); sums and
/// quotients of decimals may have another scale. The session's time zone must be UTC.
std::string ToPostgres(std::string_view statement, std::string_view file, int line);

/// The parsed statement if it is a COPY, else nullopt. Authorization is accepted and forgotten; no
/// message repeats a literal. Options that COPY does not take with JSON, unknown ones, repeated
/// ones and formats other than JSON are refused by name and line: Error(kUsage).
std::optional<CopyOptions> ParseCopy(std::string_view statement, std::string_view file, int line);

}  // namespace dwh
