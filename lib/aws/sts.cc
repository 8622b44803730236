#include "aws/sts.h"

namespace dwh {

CallerIdentity StsClient::GetCallerIdentity() {
  const XmlNode result = client_.Call("GetCallerIdentity", {});
  return {.account = RequiredText(result, "Account"),
          .arn = RequiredText(result, "Arn"),
          .user_id = result.child("UserId").text()};
}

}  // namespace dwh
