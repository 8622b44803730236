#include "warehouse/password.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/ascii.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace dwh {
namespace {

template <typename Kind>
bool HasAny(const std::string& text, Kind kind) {
  return std::any_of(text.begin(), text.end(), kind);
}

bool IsForbidden(char c) {
  return c < '!' || c > '~' || std::string_view("'\"\\/@").find(c) != std::string_view::npos;
}

std::string RandomLetters() {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  static_assert(kLetters.size() == 64);
  std::array<unsigned char, 32> bytes{};
  if (getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size())) {
    throw Error(ErrorKind::kFailed, StrCat("cannot get random bytes: ", ErrnoText(errno)));
  }
  std::string letters;
  for (const unsigned char byte : bytes) letters += kLetters[byte % kLetters.size()];
  return letters;
}

}  // namespace

Secret MakePassword() {
  // One in two hundred has no digit, say.
  while (true) {
    Secret password(RandomLetters());
    if (ProblemOfPassword(password).empty()) return password;
  }
}

std::string ProblemOfPassword(const Secret& password) {
  constexpr size_t kShortest = 8;
  constexpr size_t kLongest = 64;
  const std::string& text = password.Reveal();
  if (text.size() < kShortest || text.size() > kLongest) return "it must have 8 to 64 characters";
  if (!HasAny(text, IsUpper)) return "it needs an upper-case letter";
  if (!HasAny(text, IsLower)) return "it needs a lower-case letter";
  if (!HasAny(text, IsDigit)) return "it needs a digit";
  if (HasAny(text, IsForbidden)) {
    return "it may not hold blanks, ' \" \\ / @ or characters beyond ASCII";
  }
  return "";
}

}  // namespace dwh
