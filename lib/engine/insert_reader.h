#pragma once

#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <string>

#include "ingest/blocking_queue.h"
#include "pg/connection.h"
#include "pg/sql_script.h"

namespace dwh {

/// The parts of INSERT INTO "schema".table (columns) SELECT ..., in PostgreSQL's dialect.
struct InsertSelect {
  std::string target;   ///< As written: "star".users
  std::string columns;  ///< With the parentheses; empty for all columns.
  std::string select;
};

/// The parts of `statement`, a Redshift statement, if it is one and nothing follows the SELECT;
/// nullopt for any other statement. Throws Error(kUsage) as ToPostgres does.
std::optional<InsertSelect> ParseInsertSelect(const SqlStatement& statement);

/// An INSERT ... SELECT in two sessions: one reads, and the session whose transaction the rows
/// belong to writes. Reading begins at once, in a thread of its own, and stops where about a
/// megabyte waits to be written; so several readers sort and aggregate while one session writes,
/// which a single transaction of PostgreSQL otherwise never does.
class InsertReader {
 public:
  /// True if `insert` gives the same rows when another session reads them, and if that is worth
  /// while. The same: it reads nothing but tables of `oids` ("16384,16390"), and no value needs a
  /// conversion on its way into the target. Worth while: most of the work, by the planner's
  /// estimate, comes before the first row. A statement that PostgreSQL refuses gives false: whoever
  /// runs it hears why.
  static bool IsOfUse(Connection& connection, const InsertSelect& insert, const std::string& oids);

  /// Begins to read what is committed now; `connection` is this reader's alone.
  InsertReader(std::unique_ptr<Connection> connection, InsertSelect insert);
  /// Stops reading, also in the middle.
  ~InsertReader();
  InsertReader(const InsertReader&) = delete;
  InsertReader& operator=(const InsertReader&) = delete;

  /// True as long as it sorts and aggregates: rows that wait to be written need no core.
  bool IsBusy() const { return busy_; }

  /// Puts the rows into the target; affected() of the result counts them. Call it once. Throws what
  /// reading threw, and SqlError.
  Result WriteInto(Connection& session);

 private:
  void Read();

  InsertSelect insert_;
  std::unique_ptr<Connection> connection_;
  BlockingQueue<std::string> empty_;
  BlockingQueue<std::string> full_;
  std::atomic<bool> busy_ = true;
  std::future<void> done_;
};

}  // namespace dwh
