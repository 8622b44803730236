#pragma once

#include <memory>
#include <string>

#include "config/dwh_config.h"
#include "engine/engine.h"
#include "ingest/object_source.h"
#include "warehouse/provision.h"

namespace dwh {

/// The engine of dwh.cfg, connected. `program` is the application name the server sees. `ask` puts
/// a question (an MFA code) to the person at the terminal, for which AWS may be in need when
/// dwh.cfg holds no password. Throws Error(kUsage) if dwh.cfg does not say where the warehouse is,
/// Error(kUnavailable) if it cannot be reached.
std::unique_ptr<Engine> OpenEngine(const DwhConfig& config, const std::string& program,
                                   AskPerson ask);

/// Where the data of dwh.cfg come from: files of this machine and objects of S3. Nothing is asked
/// of AWS before the first name of S3.
std::unique_ptr<ObjectSource> OpenSource(const DwhConfig& config);

/// The text that the configured engine is sent for one statement of sql/; needs no connection.
std::string RenderStatement(const DwhConfig& config, const SqlStatement& statement);

}  // namespace dwh
