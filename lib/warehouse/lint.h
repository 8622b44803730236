#pragma once

#include <vector>

#include "base/progress.h"
#include "config/dwh_config.h"
#include "ingest/object_source.h"
#include "warehouse/books.h"
#include "warehouse/copies.h"

namespace dwh {

/// `etl --lint`: takes the whole source through the loader as a load would, against the tables as
/// sql/<model>/create declares them, with no warehouse.
class LintRun {
 public:
  /// Reads and checks the SQL. Throws Error(kUsage).
  LintRun(const DwhConfig& config, ProgressSink& progress);

  /// Throws what fails a COPY outright, and what the source throws. A load that would be refused is
  /// no exception: its books say so (ThrowIfRefused).
  void Execute(ObjectSource& source);

  /// As far as the run came, also after an exception. Objects count as loaded where a load would
  /// take them.
  const std::vector<SourceBooks>& sources() const { return sources_; }
  const std::vector<TableRejects>& rejects() const { return rejects_; }

 private:
  struct Step {
    CopyOptions copy;
    std::vector<Column> columns;  ///< Of the table, as declared.
  };

  void Check(const Step& step, ObjectSource& source);

  ProgressSink& progress_;
  std::vector<Step> steps_;
  std::vector<SourceBooks> sources_;
  std::vector<TableRejects> rejects_;
};

}  // namespace dwh
