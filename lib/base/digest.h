#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace dwh {

using Sha256Digest = std::array<unsigned char, 32>;

Sha256Digest Sha256(std::string_view data);
/// RFC 2104 with SHA-256. `key` may hold any bytes.
Sha256Digest HmacSha256(std::string_view key, std::string_view data);

/// Lower-case hexadecimal digits.
std::string HexText(std::string_view bytes);
std::string HexText(const Sha256Digest& digest);
std::string Sha256Hex(std::string_view data);
/// Only for names that others derive so (the SSO token cache), never for security.
std::string Sha1Hex(std::string_view data);

/// In base64, as a Content-MD5 header has it: against accidents, never for security.
std::string Md5Base64(std::string_view data);

/// RFC 4648, with padding.
std::string Base64Text(std::string_view bytes);

/// The digest's bytes, for use as the next key.
std::string_view AsBytes(const Sha256Digest& digest);

}  // namespace dwh
