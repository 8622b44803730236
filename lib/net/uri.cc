#include "net/uri.h"

#include <algorithm>
#include <charconv>

#include "base/ascii.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool IsLetterOrDigit(char c) { return IsLetter(c) || IsDigit(c); }

bool IsUnreserved(char c) {
  return IsLetterOrDigit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

/// The digit's value, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsControl(char c) { return (c >= 0 && c < ' ') || c == '\x7f'; }

[[noreturn]] void ThrowBadUrl(std::string_view text, const char* why) {
  // A query is not shown: it may hold a signature.
  const std::string shown = JsonQuote(text.substr(0, text.find('?')));
  throw Error(ErrorKind::kUsage, StrCat("not a URL of a service: ", shown, ": ", why),
              "Write it as https://host, https://host:port or https://host:port/path.");
}

int ParsePort(std::string_view digits, std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  if (!whole || port < 1 || port > 65535) ThrowBadUrl(text, "the port is no number up to 65535");
  return port;
}

/// "host", "host:port", "[::1]" or "[::1]:port".
void ParseAuthority(std::string_view authority, std::string_view text, Uri& uri) {
  const bool bracketed = authority.starts_with('[');
  const size_t host_end = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && host_end == std::string_view::npos) ThrowBadUrl(text, "no ] after the address");
  const std::string_view host = authority.substr(0, host_end).substr(bracketed ? 1 : 0);
  const bool known = std::all_of(host.begin(), host.end(), [&](char c) {
    if (bracketed) return HexValue(c) >= 0 || c == ':' || c == '.';
    return IsLetterOrDigit(c) || c == '-' || c == '.' || c == '_';
  });
  if (host.empty() || !known) ThrowBadUrl(text, "it needs the name or the address of a host");
  uri.host = ToLower(host);
  if (host_end == std::string_view::npos) return;
  const std::string_view rest = authority.substr(host_end + (bracketed ? 1 : 0));
  if (rest.empty()) return;
  if (rest.front() != ':') ThrowBadUrl(text, "only a port can follow the address");
  uri.port = ParsePort(rest.substr(1), text);
}

int UsualPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

std::string Bracketed(const std::string& host) {
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

}  // namespace

std::string Uri::HostHeader() const {
  return port && *port != UsualPort(scheme) ? HostAndPort() : Bracketed(host);
}

std::string Uri::HostAndPort() const {
  return Bracketed(host) + ":" + std::to_string(port.value_or(UsualPort(scheme)));
}

std::string Uri::Text() const {
  std::string result = scheme + "://" + (port ? HostAndPort() : Bracketed(host)) + path;
  if (!query.empty()) result.append("?").append(query);
  return result;
}

Uri ParseUri(std::string_view text) {
  Uri uri;
  const size_t colon = text.find("://");
  if (colon == std::string_view::npos) ThrowBadUrl(text, "it does not begin with https://");
  const std::string_view rest = text.substr(colon + 3);
  const size_t authority_end = std::min(rest.find_first_of("/?#"), rest.size());
  const std::string_view authority = rest.substr(0, authority_end);
  if (const size_t at = authority.rfind('@'); at != std::string_view::npos) {
    // The text is not shown: there is a password in it.
    throw Error(ErrorKind::kUsage,
                StrCat("the URL of ", JsonQuote(authority.substr(at + 1)),
                       " holds a user name or password"),
                "Write the URL without them; credentials have their own settings.");
  }
  uri.scheme = ToLower(text.substr(0, colon));
  if (uri.scheme != "https" && uri.scheme != "http")
    ThrowBadUrl(text, "it is neither https nor http");
  ParseAuthority(authority, text, uri);
  const std::string_view tail = rest.substr(authority_end);
  if (tail.find('#') != std::string_view::npos) ThrowBadUrl(text, "it holds a \"#\"");
  if (std::any_of(tail.begin(), tail.end(), IsControl)) {
    ThrowBadUrl(text, "it holds a control character");
  }
  const size_t mark = std::min(tail.find('?'), tail.size());
  uri.path = mark == 0 ? "/" : tail.substr(0, mark);
  if (mark < tail.size()) uri.query = tail.substr(mark + 1);
  return uri;
}

std::string PercentEncode(std::string_view text, bool keep_slash) {
  std::string result;
  result.reserve(text.size() + 16);
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slash && c == '/')) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kHexDigits[byte >> 4U];
    result += kHexDigits[byte & 15U];
  }
  return result;
}

std::string PercentDecode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                        HexValue(text[i + 2]) >= 0;
    if (!escape) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
    i += 2;
  }
  return result;
}

}  // namespace dwh
