#include "engine/redshift_failures.h"

#include <algorithm>
#include <initializer_list>

namespace dwh {
namespace {

bool MentionsAny(std::string_view said, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return said.find(word) != std::string_view::npos;
  });
}

/// Redshift reports errors of its inner parts as "error: ...; code: 8001; context: ...", with any
/// number of blanks.
bool HasInnerCode(std::string_view said, std::initializer_list<std::string_view> codes) {
  constexpr std::string_view kLabel = "code:";
  for (size_t at = said.find(kLabel); at != std::string_view::npos; at = said.find(kLabel, at)) {
    at = said.find_first_not_of(' ', at + kLabel.size());
    if (at == std::string_view::npos) return false;
    const std::string_view code = said.substr(at, said.find_first_not_of("0123456789", at) - at);
    if (std::find(codes.begin(), codes.end(), code) != codes.end()) return true;
  }
  return false;
}

}  // namespace

RedshiftFailure ClassifyRedshiftFailure(std::string_view sqlstate, std::string_view said) {
  const std::string_view group = sqlstate.substr(0, 2);
  if (sqlstate.empty() || group == "08" || sqlstate == "57P01" || sqlstate == "57P02" ||
      sqlstate == "57P03" ||
      MentionsAny(said, {"SSL SYSCALL error", "server closed the connection"})) {
    return RedshiftFailure::kConnection;
  }
  if (group == "28") return RedshiftFailure::kOther;
  if (MentionsAny(said, {"Check 'stl_load_errors'", "Check 'sys_load_error_detail'"})) {
    return RedshiftFailure::kBadData;
  }
  // Inner code 8001 comes with these too: they must be told apart first.
  if (MentionsAny(said, {"Access Denied", "AccessDenied", "Status 403", "not authorized",
                         "InvalidAccessKeyId", "ExpiredToken"})) {
    return RedshiftFailure::kAccess;
  }
  if (MentionsAny(said, {"Status 404", "NoSuchKey", "NoSuchBucket", "S3 prefix"})) {
    return RedshiftFailure::kMissing;
  }
  if (said == "1023" || said.starts_with("1023 ") || said.starts_with("1018 ") ||
      MentionsAny(said, {"Serializable isolation violation", "conflict with concurrent transaction",
                         "could not open relation with OID"})) {
    return RedshiftFailure::kConflict;
  }
  if (MentionsAny(
          said, {"InternalError", "SlowDown", "ServiceUnavailable", "Status 500", "Status 503"}) ||
      HasInnerCode(said, {"8001", "15001", "15005"})) {
    return RedshiftFailure::kService;
  }
  return RedshiftFailure::kOther;
}

bool IsTransient(RedshiftFailure failure) {
  return failure == RedshiftFailure::kConnection || failure == RedshiftFailure::kConflict ||
         failure == RedshiftFailure::kService;
}

std::string HintFor(RedshiftFailure failure) {
  switch (failure) {
    case RedshiftFailure::kConflict:
      return "another transaction changed the same tables; run etl again when it is done.";
    case RedshiftFailure::kService:
      return "the service stumbled; run etl again later.";
    case RedshiftFailure::kAccess:
      return "[IAM_ROLE] ARN must be a role of this warehouse that may read the places under [S3]; "
             "`manage_dwh policy` prints what it needs, `manage_dwh create` gives it.";
    case RedshiftFailure::kMissing:
      return "check the names under [S3] in dwh.cfg; the bucket may be in another region too.";
    case RedshiftFailure::kConnection:
    case RedshiftFailure::kBadData:
    case RedshiftFailure::kOther:
      break;
  }
  return "";
}

}  // namespace dwh
