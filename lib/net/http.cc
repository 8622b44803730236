#include "net/http.h"

#include "base/text.h"

namespace dwh {

std::optional<std::string> HttpResponse::Header(std::string_view name) const {
  const std::string wanted = ToLower(name);
  for (const auto& [header, value] : headers) {
    if (ToLower(header) == wanted) return value;
  }
  return std::nullopt;
}

}  // namespace dwh
