#include "ingest/object_source.h"

#include <array>

#include "base/error.h"
#include "base/text.h"

namespace dwh {

std::string ReadObject(ObjectSource& source, std::string_view key, size_t max_bytes) {
  const std::unique_ptr<ByteReader> reader = source.Open(source.Stat(key));
  std::string content;
  std::array<char, 16384> buffer{};
  while (const size_t got = reader->Read(buffer)) {
    if (content.size() + got > max_bytes) {
      throw Error(ErrorKind::kFailed,
                  StrCat(key, " is larger than ", FormatBytes(static_cast<int64_t>(max_bytes))),
                  "A file of this kind is small; check that the name is the right one.");
    }
    content.append(buffer.data(), got);
  }
  return content;
}

}  // namespace dwh
