#include "warehouse/ledger_copy.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kFormat = "sparkify_dwh ledger 2";

/// So that a warehouse which others changed without our knowing is looked at again.
constexpr std::chrono::hours kTrusted{7 * 24};

int64_t Seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

/// "12:some text\n", so that any bytes pass.
std::string Item(std::string_view text) { return StrCat(text.size(), ":", text, "\n"); }
std::string Item(int64_t number) { return Item(std::string_view(std::to_string(number))); }

/// Passes a file's content on in blocks, and has the digest of all at the end: no block knows of
/// the one after it, so that no file is too long.
class DigestedBlocks {
 public:
  explicit DigestedBlocks(WritePiece pass_on) : pass_on_(std::move(pass_on)) {}

  void Add(std::string_view bytes) {
    while (!bytes.empty()) {
      const size_t count = std::min(bytes.size(), kBlockBytes - block_.size());
      block_ += bytes.substr(0, count);
      bytes.remove_prefix(count);
      if (block_.size() == kBlockBytes) Close();
    }
  }
  std::string Finish() {
    Close();
    return digest_;
  }

 private:
  static constexpr size_t kBlockBytes = size_t{64} << 10;

  void Close() {
    pass_on_(block_);
    digest_ = Sha256Hex(digest_ + block_);
    block_.clear();
  }

  WritePiece pass_on_;
  std::string digest_;
  std::string block_;
};

/// The digest stands at the end, as an item.
size_t TrailerBytes() { return Item(Sha256Hex("")).size(); }

[[noreturn]] void FailAsNoCopy() { throw Error(ErrorKind::kFailed, "not a copy of a ledger"); }

/// Reads items again, up to the trailer. What is not one throws Error(kFailed).
class Items {
 public:
  /// From the file's present position on.
  Items(std::istream& file, std::streamoff end) : file_(file), end_(end) {}

  std::streamoff position() const { return file_.tellg(); }
  bool AtEnd() const { return position() >= end_; }
  std::string Next() {
    int64_t length = 0;
    for (char c = Get(); c != ':'; c = Get()) {
      if (c < '0' || c > '9' || length > end_) FailAsNoCopy();
      length = length * 10 + (c - '0');
    }
    if (length > end_) FailAsNoCopy();
    std::string item(static_cast<size_t>(length), '\0');
    if (!file_.read(item.data(), length) || Get() != '\n') FailAsNoCopy();
    return item;
  }
  int64_t NextNumber() {
    const std::string text = Next();
    int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) FailAsNoCopy();
    return number;
  }

 private:
  char Get() {
    char c = 0;
    if (!file_.get(c)) FailAsNoCopy();
    return c;
  }

  std::istream& file_;
  std::streamoff end_;
};

/// Where the trailer begins, if what is before it is what was written.
std::streamoff VerifiedEnd(std::ifstream& file) {
  file.seekg(0, std::ios::end);
  const std::streamoff end = file.tellg() - static_cast<std::streamoff>(TrailerBytes());
  if (!file || end < 0) FailAsNoCopy();
  file.seekg(0);
  DigestedBlocks blocks([](std::string_view) {});
  std::string bytes;
  for (std::streamoff left = end; left > 0; left -= static_cast<std::streamoff>(bytes.size())) {
    constexpr std::streamoff kPieceBytes = 64 << 10;
    bytes.resize(static_cast<size_t>(std::min(left, kPieceBytes)));
    if (!file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) FailAsNoCopy();
    blocks.Add(bytes);
  }
  Items trailer(file, end + static_cast<std::streamoff>(TrailerBytes()));
  if (trailer.Next() != blocks.Finish()) FailAsNoCopy();
  file.seekg(0);
  return end;
}

constexpr int kFields = 3;

/// Both in the order of their keys.
void WriteMerged(const ObjectList& a, const ObjectList& b, const WritePiece& write) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() || j < b.size()) {
    const bool first = j == b.size() || (i < a.size() && a.key(i) < b.key(j));
    const ObjectInfo object = first ? a[i++] : b[j++];
    write(StrCat(Item(object.key), Item(object.size), Item(object.etag)));
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
    file_.open(path_, std::ios::binary);
    Items items(file_, VerifiedEnd(file_));
    if (items.Next() != kFormat || items.Next() != warehouse_) return false;
    const int64_t age = Seconds(now) - items.NextNumber();
    if (age < 0 || age > std::chrono::seconds(kTrusted).count()) return false;
    while (!items.AtEnd()) {
      const std::string table = items.Next();
      tables_.emplace(table, items.position());
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
                               const std::function<void(const LedgerEntry&)>& visit) {
  const auto found = tables_.find(table);
  if (found == tables_.end()) return false;
  file_.seekg(0, std::ios::end);
  Items items(file_, file_.tellg());
  file_.seekg(found->second);
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
  try {
    constexpr mode_t kOwnerOnly = 0600;
    WriteFileAtomic(path_, kOwnerOnly, [&](const WritePiece& write_to_file) {
      DigestedBlocks blocks(write_to_file);
      const WritePiece write = [&](std::string_view text) { blocks.Add(text); };
      write(StrCat(Item(kFormat), Item(warehouse_), Item(Seconds(now))));
      for (const Table& table : tables) {
        write(StrCat(Item(table.name),
                     Item(static_cast<int64_t>(table.objects.size() + table.more.size()))));
        WriteMerged(table.objects, table.more, write);
      }
      write_to_file(Item(blocks.Finish()));
    });
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
