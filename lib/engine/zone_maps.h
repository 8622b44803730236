#pragma once

#include <string>
#include <vector>

#include "pg/connection.h"

namespace dwh {

/// The BRIN indexes that stand for Redshift's zone maps (redshift_tables.h), where the user owns
/// the table; the others are left alone.

/// Takes into the maps of all tables what was added since the last VACUUM. Else it is in none of
/// them, and every query reads it.
void CompleteZoneMaps(Connection& session);

/// Keeps the maps of an empty table away while it is filled. PostgreSQL 15 opens a map anew for
/// every row that comes in, which is a fifth of the time of the INSERT; building one afterwards is
/// one scan, and then it is complete. Within one transaction, which must hold the table for itself:
/// whatever undoes the rows brings the maps back, too.
class ZoneMapsAside {
 public:
  /// Drops the maps. `table` is an SQL name.
  ZoneMapsAside(Connection& session, const std::string& table);
  /// Makes them again, by the same names.
  void Rebuild();

 private:
  Connection& session_;
  std::vector<std::string> definitions_;
};

}  // namespace dwh
