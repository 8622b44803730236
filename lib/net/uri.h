#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dwh {

/// An absolute http or https URL, taken apart. Nothing is decoded, encoded or normalised.
struct Uri {
  std::string scheme;       ///< "http" or "https", lower case.
  std::string host;         ///< Lower case; an IPv6 address without its brackets.
  std::optional<int> port;  ///< If the text gives one.
  std::string path;         ///< Begins with "/".
  std::string query;        ///< Without the "?".

  /// For the Host header: with the port unless it is the scheme's own, IPv6 in brackets.
  std::string HostHeader() const;
  /// "redshift.us-west-2.amazonaws.com:443", always with the port: for messages.
  std::string HostAndPort() const;
  std::string Text() const;
};

/// Throws Error(kUsage) naming the text up to its query for anything else: also for a fragment, for
/// control characters, and for a user name or password, in which case only the host is named.
Uri ParseUri(std::string_view text);

/// RFC 3986: every byte but A-Z a-z 0-9 - . _ ~ becomes %XX; "/" stays if `keep_slash`.
std::string PercentEncode(std::string_view text, bool keep_slash = false);
/// The reverse; "+" stays "+". A "%" without two hexadecimal digits stays as it is.
std::string PercentDecode(std::string_view text);

}  // namespace dwh
