#pragma once

#include <string>
#include <vector>

#include "engine/sql_reader.h"
#include "ingest/column.h"

namespace dwh {

/// CREATE TABLE as PostgreSQL's, with Redshift's meaning:
/// * keys (PRIMARY KEY, UNIQUE, FOREIGN KEY, REFERENCES) are information and enforce nothing, so
///   they are left out, and no index is made for them: building one costs more than the nightly
///   scans that it would save. NOT NULL is enforced, and PRIMARY KEY implies it;
/// * SORTKEY (a, b) becomes a BRIN index of these columns, which does what zone maps do on a
///   cluster: what cannot hold a moment that is asked for is not read;
/// * DISTSTYLE, DISTKEY and ENCODE place and pack data on a cluster, and are left out;
/// * BACKUP NO becomes UNLOGGED: both say that the rows can be had again from their source. They
///   are written once instead of twice, and are gone after a crash of the server;
/// * `#name` is a temporary table of that name.
/// Throws Error(kUsage) for what Redshift would not take or the local engine cannot mean.
std::string TranslateCreateTable(const SqlReader& sql);

/// The columns that TranslateCreateTable() makes, as ReadColumns() would find them. Also refuses
/// what COPY with JSON cannot fill, and a table whose columns come from elsewhere (LIKE, AS).
std::vector<Column> DeclaredColumns(const SqlReader& sql);

/// ALTER TABLE: RENAME TO, RENAME COLUMN, ADD COLUMN, DROP COLUMN, ALTER COLUMN ... TYPE. The other
/// forms are refused: Error(kUsage).
std::string TranslateAlterTable(const SqlReader& sql);

}  // namespace dwh
