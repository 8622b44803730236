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
  std::string_view rest() const { return text_; }
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

constexpr int kFields = 3;

void AppendObject(const ObjectInfo& object, std::string& text) {
  text += StrCat(Item(object.key), Item(object.size), Item(object.etag));
}

/// No less than most objects take as text, and little more.
size_t TextBytes(const ObjectList& objects) {
  constexpr size_t kBesideKey = 64;  // etag, size, and the lengths of all three
  size_t bytes = objects.size() * kBesideKey;
  for (size_t i = 0; i < objects.size(); ++i) bytes += objects.key(i).size();
  return bytes;
}

/// Both in the order of their keys.
void AppendMerged(const ObjectList& a, const ObjectList& b, std::string& text) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const bool first = j == b.size() || (i < a.size() && a.key(i) < b.key(j));
    AppendObject(first ? a[i++] : b[j++], text);
  }
}

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

bool LedgerCopy::Read(WallTime now) {
  try {
    text_ = ReadFile(path_);
    Items items(text_);
    const std::string_view digest = items.Next();
    if (digest != Sha256Hex(items.rest())) return false;
    if (items.Next() != kFormat || items.Next() != warehouse_) return false;
    const int64_t age = Seconds(now) - items.NextNumber();
    if (age < 0 || age > std::chrono::seconds(kTrusted).count()) return false;
    while (!items.AtEnd()) {
      const std::string_view table = items.Next();
      tables_.emplace(table, text_.size() - items.rest().size());
      for (int64_t left = items.NextNumber(); left > 0; --left) {
        for (int field = 0; field < kFields; ++field) items.Next();
      }
    }
    return true;
  } catch (const Error& error) {
    LogDebug(StrCat("asking the warehouse, for ", path_.string(), ": ", error.what()));
    return false;
  }
}

bool LedgerCopy::ForEachObject(const std::string& table,
                               const std::function<void(const LedgerEntry&)>& visit) const {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return false;
  Items items(std::string_view(text_).substr(found->second));
  const int64_t count = items.NextNumber();
  for (int64_t i = 0; i < count; ++i) {
    LedgerEntry entry;
    entry.load_id = i;
    entry.object.key = items.Next();
    entry.object.size = items.NextNumber();
    entry.object.etag = items.Next();
    visit(entry);
  }
  return true;
}

void LedgerCopy::Write(const std::vector<Table>& tables, WallTime now) const {
  // The digest takes its place once the rest is there: the text may be long, and is held once.
  std::string text = Item(Sha256Hex(""));
  const size_t begin = text.size();
  text += StrCat(Item(kFormat), Item(warehouse_), Item(Seconds(now)));
  size_t bytes = text.size();
  for (const Table& table : tables) bytes += TextBytes(table.objects) + TextBytes(table.more);
  text.reserve(bytes);  // a string that grows is held twice
  for (const Table& table : tables) {
    text += StrCat(Item(table.name),
                   Item(static_cast<int64_t>(table.objects.size() + table.more.size())));
    AppendMerged(table.objects, table.more, text);
  }
  text.replace(0, begin, Item(Sha256Hex(std::string_view(text).substr(begin))));
  try {
    constexpr mode_t kOwnerOnly = 0600;
    WriteFileAtomic(path_, text, kOwnerOnly);
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
