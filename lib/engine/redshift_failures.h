#pragma once

#include <string>
#include <string_view>

#include "pg/connection.h"

namespace dwh {

/// Why Redshift refused a statement, as far as it matters for what to do next (facts, sections 1.8,
/// 5.1, 6).
enum class RedshiftFailure {
  kConnection,  ///< The session is gone, or no server answered.
  kConflict,    ///< Another transaction was in the way: 1023, 1018, DDL of others.
  kService,     ///< Redshift or S3 stumbled: internal codes, SlowDown.
  kBadData,     ///< A COPY reached MAXERROR.
  kAccess,      ///< COPY may not read the source, or may not take on the role.
  kMissing,     ///< The source, or a file of it, is not there.
  kOther,       ///< The statement, the login: doing it again would do no good.
};

/// By the server's words and its SQLSTATE, which is XX000 for most of what matters.
RedshiftFailure ClassifyRedshiftFailure(std::string_view sqlstate, std::string_view said);

/// Might the same transaction succeed in a new session? Bad data, refused logins and missing rights
/// never do.
bool IsTransient(RedshiftFailure failure);

/// What to do next, as a sentence; "" where the server's words must do.
std::string HintFor(RedshiftFailure failure);

}  // namespace dwh
