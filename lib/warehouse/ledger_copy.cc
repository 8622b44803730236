#include "warehouse/ledger_copy.h"

#include <charconv>
#include <string_view>
#include <system_error>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kFormat = "sparkify_dwh ledger 1";

/// So that a warehouse which others changed without our knowing is looked at again.
constexpr std::chrono::hours kTrusted{7 * 24};

int64_t Seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// "12:some text\n", so that any bytes pass.
std::string Item(std::string_view text) { return StrCat(text.size(), ":", text, "\n"); }
std::string Item(int64_t number) { return Item(std::string_view(std::to_string(number))); }

/// Reads items again. What is not one throws Error(kFailed).
class Items {
 public:
  explicit Items(std::string_view text) : text_(text) {}

  bool AtEnd() const { return text_.empty(); }
  std::string_view Next() {
    const size_t colon = text_.find(':');
    const int64_t length = Number(text_.substr(0, std::min(colon, text_.size())));
    if (colon == std::string_view::npos || length < 0 ||
        static_cast<uint64_t>(length) >= text_.size() - colon - 1) {
      Fail();
    }
    const std::string_view item = text_.substr(colon + 1, static_cast<size_t>(length));
    if (text_[colon + 1 + item.size()] != '\n') Fail();
    text_.remove_prefix(colon + 1 + item.size() + 1);
    return item;
  }
  int64_t NextNumber() { return Number(Next()); }

 private:
  [[noreturn]] static void Fail() { throw Error(ErrorKind::kFailed, "not a copy of a ledger"); }
  static int64_t Number(std::string_view text) {
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) Fail();
    return number;
  }

  std::string_view text_;
};

}  // namespace

LedgerCopy::LedgerCopy(const DwhConfig& config)
    : path_(config.etl.lock_file.parent_path() /
            StrCat(".", config.path.filename().string(), ".etl.ledger")),
      warehouse_(StrCat(static_cast<int>(config.engine), "\n", config.cluster.host, "\n",
                        config.cluster.identifier, "\n", config.serverless.workgroup, "\n",
                        config.cluster.db_port.value_or(0), "\n", config.cluster.db_name, "\n",
                        config.stage_schema, "\n", config.star_schema, "\n",
                        ModelName(config.model), "\n", config.s3.log_data, "\n",
                        config.s3.song_data, "\n", config.s3.log_jsonpath)) {}

std::optional<LedgerCopy::Tables> LedgerCopy::Read(WallTime now) const {
  try {
    const std::string text = ReadFile(path_);
    Items outer(text);
    const std::string_view digest = outer.Next();
    const std::string_view body = outer.Next();
    if (digest != Sha256Hex(body)) return std::nullopt;
    Items items(body);
    if (items.Next() != kFormat || items.Next() != warehouse_) return std::nullopt;
    const int64_t age = Seconds(now) - items.NextNumber();
    if (age < 0 || age > std::chrono::seconds(kTrusted).count()) return std::nullopt;
    Tables tables;
    while (!items.AtEnd()) {
      ObjectList& objects = tables[std::string(items.Next())];
      for (int64_t left = items.NextNumber(); left > 0; --left) {
        ObjectInfo object;
        object.key = items.Next();
        object.size = items.NextNumber();
        object.etag = items.Next();
        objects.Add(object);
      }
    }
    return tables;
  } catch (const Error& error) {
    LogDebug(StrCat("asking the warehouse, for ", path_.string(), ": ", error.what()));
    return std::nullopt;
  }
}

void LedgerCopy::Write(const Tables& tables, WallTime now) const {
  std::string body = StrCat(Item(kFormat), Item(warehouse_), Item(Seconds(now)));
  for (const auto& [table, objects] : tables) {
    body += StrCat(Item(table), Item(static_cast<int64_t>(objects.size())));
    for (size_t i = 0; i < objects.size(); ++i) {
      const ObjectInfo object = objects[i];
      body += StrCat(Item(object.key), Item(object.size), Item(object.etag));
    }
  }
  try {
    constexpr mode_t kOwnerOnly = 0600;
    WriteFileAtomic(path_, StrCat(Item(Sha256Hex(body)), Item(body)), kOwnerOnly);
  } catch (const Error& error) {
    LogDebug(StrCat("the next run will ask the warehouse: ", error.what()));
    Remove();
  }
}

void LedgerCopy::Remove() const {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace dwh
