#include "base/digest.h"

#include <openssl/evp.h>

#include <memory>

#include "base/error.h"

namespace dwh {
namespace {

constexpr std::size_t kSha256Block = 64;
constexpr std::string_view kHexDigits = "0123456789abcdef";

[[noreturn]] void ThrowOpenSsl(const char* what) {
  throw Error(ErrorKind::kFailed, std::string("openssl cannot ") + what);
}

/// Looked up once: a lookup takes longer than the digest of a short text. Never freed, because
/// other threads may still use it when this one ends the process.
const EVP_MD* FetchAlgorithm(const char* name) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  if (algorithm == nullptr) ThrowOpenSsl(name);
  return algorithm;
}

const EVP_MD* Sha256Algorithm() {
  static const EVP_MD* const algorithm = FetchAlgorithm("SHA256");
  return algorithm;
}

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context NewContext() {
  Context context(EVP_MD_CTX_new());
  if (!context) ThrowOpenSsl("make a digest context");
  return context;
}

/// One for each thread and kept: a context that has its algorithm starts again without allocating.
EVP_MD_CTX* Sha256Context() {
  thread_local const Context context = NewContext();
  return context.get();
}

template <std::size_t kSize>
std::array<unsigned char, kSize> Digest(EVP_MD_CTX* context, const EVP_MD* algorithm,
                                        std::string_view first, std::string_view second = {}) {
  std::array<unsigned char, kSize> digest{};
  if (EVP_DigestInit_ex2(context, algorithm, nullptr) != 1 ||
      EVP_DigestUpdate(context, first.data(), first.size()) != 1 ||
      EVP_DigestUpdate(context, second.data(), second.size()) != 1 ||
      EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1) {
    ThrowOpenSsl("compute a digest");
  }
  return digest;
}

}  // namespace

Sha256Digest Sha256(std::string_view data) {
  return Digest<32>(Sha256Context(), Sha256Algorithm(), data);
}

Sha256Digest HmacSha256(std::string_view key, std::string_view data) {
  const Sha256Digest short_key = key.size() > kSha256Block ? Sha256(key) : Sha256Digest{};
  if (key.size() > kSha256Block) key = AsBytes(short_key);
  std::string inner(kSha256Block, '\x36');
  std::string outer(kSha256Block, '\x5c');
  for (std::size_t i = 0; i < key.size(); ++i) {
    inner[i] = static_cast<char>(inner[i] ^ key[i]);
    outer[i] = static_cast<char>(outer[i] ^ key[i]);
  }
  const Sha256Digest digest = Digest<32>(Sha256Context(), Sha256Algorithm(), inner, data);
  return Digest<32>(Sha256Context(), Sha256Algorithm(), outer, AsBytes(digest));
}

std::string HexText(std::string_view bytes) {
  std::string text(2 * bytes.size(), '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    text[2 * i] = kHexDigits[byte >> 4U];
    text[2 * i + 1] = kHexDigits[byte & 15U];
  }
  return text;
}

std::string HexText(const Sha256Digest& digest) { return HexText(AsBytes(digest)); }

std::string Sha256Hex(std::string_view data) { return HexText(Sha256(data)); }

std::string Sha1Hex(std::string_view data) {
  static const EVP_MD* const algorithm = FetchAlgorithm("SHA1");
  const auto digest = Digest<20>(NewContext().get(), algorithm, data);
  return HexText({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string Md5Base64(std::string_view data) {
  static const EVP_MD* const algorithm = FetchAlgorithm("MD5");
  const auto digest = Digest<16>(NewContext().get(), algorithm, data);
  return Base64Text({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string Base64Text(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(text.data());
  const auto* const in = reinterpret_cast<const unsigned char*>(bytes.data());
  text.resize(static_cast<size_t>(EVP_EncodeBlock(out, in, static_cast<int>(bytes.size()))));
  return text;
}

std::string_view AsBytes(const Sha256Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace dwh
