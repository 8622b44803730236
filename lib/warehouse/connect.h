#pragma once

#include <memory>
#include <string>

#include "config/dwh_config.h"
#include "engine/engine.h"

namespace dwh {

/// The engine of dwh.cfg, connected. `program` is the application name the server sees. Throws
/// Error(kUsage) if dwh.cfg does not say where the warehouse is, Error(kUnavailable) if it cannot
/// be reached.
std::unique_ptr<Engine> OpenEngine(const DwhConfig& config, const std::string& program);

/// The text that the configured engine is sent for one statement of sql/; needs no connection.
std::string RenderStatement(const DwhConfig& config, const SqlStatement& statement);

}  // namespace dwh
