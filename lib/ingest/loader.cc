#include "ingest/loader.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>
#include <optional>
#include <thread>
#include <tuple>

#include "base/interrupt.h"
#include "base/text.h"
#include "ingest/blocking_queue.h"
#include "ingest/chunk_reader.h"
#include "ingest/column.h"
#include "ingest/json_paths.h"
#include "ingest/manifest.h"
#include "ingest/record_loader.h"
#include "ingest/record_parser.h"
#include "ingest/row_encoder.h"
#include "pg/copy_writer.h"

namespace dwh {
namespace {

/// Control files are read whole; none is anywhere near this.
constexpr size_t kMaxControlFileBytes = size_t{64} << 20;

/// Rows are sent in pieces of this size: libpq copies each piece, so it bounds memory too.
constexpr size_t kSendBytes = size_t{256} << 10;

/// Chunks for each session: one being parsed, one waiting, so that no thread waits for the reader
/// while the reader waits for none.
constexpr size_t kChunksPerSession = 2;

constexpr std::chrono::milliseconds kProgressInterval{200};

/// Threads that only parse: one that reads keeps no more than these busy.
constexpr unsigned kMaxParsers = 8;

RecordParser::Options ParserOptions(const CopyOptions& options, ObjectSource& source,
                                    const std::vector<Column>& columns) {
  RecordParser::Options result;
  result.replacement = options.replacement_char;
  result.ignore_case = options.mapping == JsonMapping::kAutoIgnoreCase;
  if (options.mapping == JsonMapping::kNoShred) {
    if (columns.size() != 1 || columns[0].type != ColumnType::kSuper) {
      throw Error(ErrorKind::kUsage, "JSON 'noshred' needs a table of exactly one SUPER column");
    }
    result.object_root = false;
    result.paths = {JsonPath{}};
    return result;
  }
  if (options.mapping == JsonMapping::kJsonPaths) {
    const std::string text = ReadObject(source, options.jsonpaths, kMaxControlFileBytes);
    if (auto paths = ParseJsonPaths(text, options.jsonpaths)) {
      if (paths->size() != columns.size()) {
        throw Error(ErrorKind::kUsage,
                    StrCat("Number of jsonpaths and the number of columns should match. JSONPath "
                           "size: ",
                           paths->size(), ", Number of columns in table or column list: ",
                           columns.size(), " (", options.jsonpaths, ")"));
      }
      result.object_root = false;
      result.paths = *std::move(paths);
      return result;
    }
  }
  for (const Column& column : columns) result.paths.push_back({column.name});
  return result;
}

std::string CopyStatement(Connection& connection, const CopyOptions& options,
                          const std::vector<Column>& columns,
                          const std::optional<LoadIds>& load_ids) {
  std::vector<std::string> names;
  names.reserve(columns.size() + 1);
  for (const Column& column : columns) names.push_back(connection.QuoteIdentifier(column.name));
  if (load_ids) names.push_back(connection.QuoteIdentifier(load_ids->column));
  return StrCat("COPY ", connection.QuoteTable(options.schema, options.table), " (",
                Join(names, ", "), ") FROM STDIN (FORMAT binary)");
}

/// What the threads of one load share.
class LoadJob {
 public:
  LoadJob(const CopyOptions& options, ObjectSource& source, const ObjectList& objects,
          RecordParser::Options parser, const RowEncoder& encoder,
          const std::optional<LoadIds>& load_ids)
      : options_(options),
        source_(source),
        objects_(objects),
        parser_(std::move(parser)),
        encoder_(encoder),
        load_ids_(load_ids) {
    outcome_.objects.resize(objects.size());
    int64_t next = load_ids ? load_ids->first : 0;
    for (ObjectCounts& object : outcome_.objects) object.load_id = load_ids ? next++ : 0;
  }

  /// A thread for each session; one that is null only parses.
  LoadOutcome Run(std::span<Connection* const> sessions, ProgressSink* progress) {
    for (size_t i = 0; i < sessions.size() * kChunksPerSession; ++i) {
      empty_.Push(std::make_unique<Chunk>());
    }
    running_ = sessions.size() + 1;
    sending_ = !options_.no_load && sessions.front() != nullptr;
    std::vector<std::jthread> threads;
    threads.emplace_back([this] { Guard([this] { ReadChunks(); }); });
    for (Connection* const session : sessions) {
      threads.emplace_back([this, session] { Guard([this, session] { LoadChunks(session); }); });
    }
    Watch(progress);
    threads.clear();  // joins
    if (exception_) std::rethrow_exception(exception_);
    CheckBooks();
    FinishErrors();
    return std::move(outcome_);
  }

 private:
  using ChunkPtr = std::unique_ptr<Chunk>;

  /// Runs a thread's work; the first exception of any thread ends the others.
  void Guard(const std::function<void()>& work) {
    try {
      work();
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!exception_) exception_ = std::current_exception();
      Stop();
    }
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
  }

  void Stop() {
    stopped_ = true;
    empty_.Close();
    full_.Close();
  }

  void ReadChunks() {
    ChunkReader reader(source_, objects_, options_);
    while (std::optional<ChunkPtr> chunk = empty_.Pop()) {
      if (stopped_ || !reader.Next(**chunk)) break;
      full_.Push(*std::move(chunk));
    }
    full_.Close();
  }

  void LoadChunks(Connection* session) {
    std::optional<CopyWriter> writer;
    std::string rows(kBinaryCopyHeader);
    if (sending_) {
      writer.emplace(*session, CopyStatement(*session, options_, encoder_.columns(), load_ids_));
    }
    RecordLoader loader(parser_, encoder_, load_ids_, [this](size_t object, LoadError error) {
      AddError(object, std::move(error));
    });
    while (std::optional<ChunkPtr> chunk = full_.Pop()) {
      if (stopped_) return;
      LoadChunk(loader, **chunk, rows, writer);
      empty_.Push(*std::move(chunk));
    }
    if (stopped_ || failed_ || !writer) return;
    rows.append(kBinaryCopyTrailer);
    writer->Append(rows);
    confirmed_ += writer->Finish().affected();
  }

  void LoadChunk(RecordLoader& loader, const Chunk& chunk, std::string& rows,
                 std::optional<CopyWriter>& writer) {
    for (const ChunkSegment& segment : chunk.segments) {
      ObjectCounts counts;
      try {
        counts = loader.Load(chunk, segment, rows);
      } catch (const Error& error) {
        const std::string_view key = objects_.key(segment.object);
        throw ObjectError(Error(error.kind(), StrCat(key, ", ", error.what()), error.hint()), key);
      }
      if (rows.size() >= kSendBytes) Send(rows, writer);
      Count(segment, counts);
    }
    ThrowIfInterrupted();
  }

  void Send(std::string& rows, std::optional<CopyWriter>& writer) {
    if (failed_ && writer) {
      writer->Abort("too many errors");
      writer.reset();
    }
    for (size_t at = 0; writer && at < rows.size(); at += kSendBytes) {
      writer->Append(std::string_view(rows).substr(at, kSendBytes));
    }
    rows.clear();
  }

  void Count(const ChunkSegment& segment, const ObjectCounts& counts) {
    rows_ += counts.rows;
    bytes_ += static_cast<int64_t>(segment.end - segment.begin);
    const std::lock_guard lock(mutex_);
    outcome_.objects[segment.object].Add(counts);
  }

  /// Keeps the first errors in order of object and line, whichever thread finds them.
  void AddError(size_t object, LoadError error) {
    const std::lock_guard lock(mutex_);
    ++rejects_;
    narrow_.Add(error);
    const int64_t limit = std::max<int64_t>(1, options_.max_error);
    if (!options_.ignore_all_errors && rejects_ >= limit) failed_ = true;
    errors_.push_back({object, rejects_, std::move(error)});
    std::push_heap(errors_.begin(), errors_.end());
    if (errors_.size() <= kMaxListedErrors) return;
    std::pop_heap(errors_.begin(), errors_.end());
    errors_.pop_back();
  }

  /// Reports progress and notices interrupts until the threads are done.
  void Watch(ProgressSink* progress) {
    const bool plain = options_.compression == Compression::kNone;
    const int64_t total = plain ? objects_.total_bytes() : 0;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kProgressInterval, [this] { return running_ == 0; })) {
      if (InterruptSignal() != 0) Stop();
      if (progress != nullptr) progress->Update({rows_, bytes_, total});
    }
    if (progress != nullptr) progress->Update({rows_, bytes_, total});
    ThrowIfInterrupted();
  }

  void CheckBooks() {
    outcome_.failed = failed_;
    outcome_.bytes = bytes_;
    outcome_.narrow = narrow_.List();
    for (const ObjectCounts& object : outcome_.objects) outcome_.total.Add(object);
    if (failed_ || !sending_ || confirmed_ == outcome_.total.rows) return;
    throw Error(ErrorKind::kFailed, StrCat("the server confirmed ", confirmed_.load(), " rows of ",
                                           outcome_.total.rows, " sent to ", options_.table));
  }

  void FinishErrors() {
    std::sort_heap(errors_.begin(), errors_.end());
    for (ListedError& listed : errors_) {
      listed.error.filename = objects_.key(listed.object);
      outcome_.errors.push_back(std::move(listed.error));
    }
  }

  struct ListedError {
    size_t object;
    int64_t number;  ///< In the order of finding, which is the order within a line.
    LoadError error;
    bool operator<(const ListedError& other) const {
      return std::tie(object, error.line_number, number) <
             std::tie(other.object, other.error.line_number, other.number);
    }
  };

  const CopyOptions& options_;
  ObjectSource& source_;
  const ObjectList& objects_;
  const RecordParser::Options parser_;
  const RowEncoder& encoder_;
  const std::optional<LoadIds>& load_ids_;

  BlockingQueue<ChunkPtr> empty_;  ///< Chunks go round: empty, read, full, parsed, empty.
  BlockingQueue<ChunkPtr> full_;
  bool sending_ = false;  ///< Rows go to the server.
  std::atomic<bool> stopped_{false};
  std::atomic<bool> failed_{false};
  std::atomic<int64_t> rows_{0};
  std::atomic<int64_t> bytes_{0};
  std::atomic<int64_t> confirmed_{0};

  std::mutex mutex_;  ///< Guards what follows.
  std::condition_variable changed_;
  size_t running_ = 0;
  std::exception_ptr exception_;
  int64_t rejects_ = 0;
  NarrowColumns narrow_;
  std::vector<ListedError> errors_;  ///< A heap, the last on top.
  LoadOutcome outcome_;
};

}  // namespace

ObjectList ListObjects(ObjectSource& source, const CopyOptions& options) {
  ObjectList objects;
  if (!options.manifest) {
    source.List(options.source, [&](const ObjectInfo& object) { objects.Add(object); });
    objects.SortByKey();
    return objects;
  }
  const std::string text = ReadObject(source, options.source, kMaxControlFileBytes);
  for (const ManifestEntry& entry : ParseManifest(text, options.source)) {
    try {
      objects.Add(source.Stat(entry.url));
    } catch (const Error&) {
      if (entry.mandatory) throw;
    }
  }
  if (objects.empty()) {
    throw Error(ErrorKind::kFailed, StrCat("no object of manifest ", options.source, " exists"));
  }
  return objects;
}

LoadOutcome Load(const CopyOptions& options, const std::vector<Column>& table_columns,
                 ObjectSource& source, const ObjectList& objects,
                 std::span<Connection* const> sessions, ProgressSink* progress,
                 const std::optional<LoadIds>& load_ids) {
  const std::vector<Column> columns =
      CopyColumns(table_columns, options.columns, options.explicit_ids);
  const RowEncoder encoder(columns, options);
  LoadJob job(options, source, objects, ParserOptions(options, source, columns), encoder, load_ids);
  if (!sessions.empty()) return job.Run(sessions, progress);
  const size_t parsers = std::clamp(std::thread::hardware_concurrency(), 1U, kMaxParsers);
  LoadOutcome outcome = job.Run(std::vector<Connection*>(parsers, nullptr), progress);
  outcome.loaded = false;
  return outcome;
}

}  // namespace dwh
