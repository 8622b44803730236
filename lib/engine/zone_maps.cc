#include "engine/zone_maps.h"

#include <array>
#include <optional>

#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kComplete = R"sql(
SELECT brin_summarize_new_values(c.oid)
FROM pg_class c
JOIN pg_am a ON a.oid = c.relam
WHERE c.relkind = 'i' AND a.amname = 'brin'
  AND pg_has_role(c.relowner, 'USAGE'))sql";

constexpr std::string_view kMapsOfTable = R"sql(
SELECT c.oid::regclass, pg_get_indexdef(c.oid)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_am a ON a.oid = c.relam
WHERE i.indrelid = to_regclass($1) AND a.amname = 'brin'
  AND pg_has_role(c.relowner, 'USAGE'))sql";

}  // namespace

void CompleteZoneMaps(Connection& session) { session.Exec(kComplete); }

ZoneMapsAside::ZoneMapsAside(Connection& session, const std::string& table) : session_(session) {
  const std::array<std::optional<std::string>, 1> params = {table};
  const Result maps = session.Exec(kMapsOfTable, params);
  for (int row = 0; row < maps.rows(); ++row) {
    definitions_.emplace_back(maps.value(row, 1));
    session.Exec(StrCat("DROP INDEX ", maps.value(row, 0)));
  }
}

void ZoneMapsAside::Rebuild() {
  for (const std::string& definition : definitions_) session_.Exec(definition);
}

}  // namespace dwh
