#include "engine/redshift_failures.h"

#include <gtest/gtest.h>

namespace dwh {
namespace {

using F = RedshiftFailure;

struct Case {
  const char* sqlstate;
  const char* said;
  RedshiftFailure failure;
  bool transient;
};

constexpr Case kCases[] = {
    // The session is gone, or none came about.
    {"", "SSL SYSCALL error: EOF detected", F::kConnection, true},
    {"", "server closed the connection unexpectedly", F::kConnection, true},
    {"08006", "connection failure", F::kConnection, true},
    {"08001", "connection to server failed: Connection refused", F::kConnection, true},
    {"57P01", "terminating connection due to administrator command", F::kConnection, true},
    {"XX000", "SSL SYSCALL error: Connection reset by peer", F::kConnection, true},
    // Logins are tried once only: Redshift locks users out.
    {"28000", "password authentication failed for user \"dwh\"", F::kOther, false},
    {"28000", "authentication method 13 not supported", F::kOther, false},
    {"28000", "SSL error: certificate verify failed", F::kOther, false},
    // Other transactions.
    {"XX000",
     "1023 (Serializable isolation violation on table - 37521601, transactions forming the cycle "
     "are: 573354047, 573354048 (pid:1073775083))",
     F::kConflict, true},
    {"XX000", "1023", F::kConflict, true},
    {"XX000", "1018 (Relation does not exist)", F::kConflict, true},
    {"XX000", "could not complete because of conflict with concurrent transaction", F::kConflict,
     true},
    {"XX000", "could not open relation with OID 123", F::kConflict, true},
    // The service.
    {"XX000", "S3ServiceException:Please reduce your request rate.,Status 503,Error SlowDown",
     F::kService, true},
    {"XX000", "S3ServiceException:We encountered an internal error.,Status 500,Error InternalError",
     F::kService, true},
    {"XX000", "(-----; error:  S3 curl error; code:      15001; context:   Listing; -----)",
     F::kService, true},
    {"XX000", "error: x; code:   15005; context", F::kService, true},
    {"XX000", "error: x; code:   8001; context: y", F::kService, true},
    {"XX000", "error: x; code:   1500; context: 15005", F::kOther, false},
    {"XX000", "error: x; code:", F::kOther, false},
    // Data and rights: never again.
    {"XX000",
     "Load into table 'staging_songs' failed.  Check 'stl_load_errors' system table for details.",
     F::kBadData, false},
    {"XX000",
     "Load into table 't' failed.  Check 'sys_load_error_detail' system table for details.",
     F::kBadData, false},
    {"XX000", "S3ServiceException:Access Denied,Status 403,Error AccessDenied", F::kAccess, false},
    {"XX000", "error: S3ServiceException:Access Denied,Status 403; code: 8001; context: x",
     F::kAccess, false},
    {"XX000", "User arn:aws:redshift:us-west-2:1:dbuser:x/dwh is not authorized to assume IAM Role",
     F::kAccess, false},
    {"XX000", "The specified S3 prefix 'log' does not exist", F::kMissing, false},
    {"XX000",
     "S3ServiceException:The specified bucket does not exist,Status 404,Error NoSuchBucket",
     F::kMissing, false},
    // The statement.
    {"42P01", "relation \"stage.staging_events\" does not exist", F::kOther, false},
    {"42601", "syntax error at or near \"1023\"", F::kOther, false},
    {"57014", "Query (150) cancelled on user's request", F::kOther, false},
    {"53100", "disk full", F::kOther, false},
};

TEST(RedshiftFailuresTest, ClassifiesByWordsAndState) {
  for (const Case& c : kCases) {
    const RedshiftFailure failure = ClassifyRedshiftFailure(c.sqlstate, c.said);
    EXPECT_EQ(static_cast<int>(failure), static_cast<int>(c.failure)) << c.said;
    EXPECT_EQ(IsTransient(failure), c.transient) << c.said;
  }
}

TEST(RedshiftFailuresTest, AdvisesOnRights) {
  EXPECT_NE(HintFor(F::kAccess).find("manage_dwh policy"), std::string::npos);
  EXPECT_EQ(HintFor(F::kOther), "");
}

}  // namespace
}  // namespace dwh
