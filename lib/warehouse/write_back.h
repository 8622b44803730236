#pragma once

#include <map>
#include <string>
#include <utility>

#include "config/dwh_config.h"

namespace dwh {

/// What a provisioner leaves in dwh.cfg for the other programs. Each change is logged, passwords
/// without their text. Throw as UpdateConfig.

/// {"CLUSTER", "HOST"} -> value.
using ConfigValues = std::map<std::pair<std::string, std::string>, std::string>;

/// Sets those of HOST, DB_PORT and ARN in `values` that differ from what `config` says; if there
/// are any, `along` too.
void WriteBack(const DwhConfig& config, const ConfigValues& values, const ConfigValues& along = {});

/// DB_PASSWORD. If `config` has none, one is made and written to dwh.cfg before it is used, so that
/// a create which is interrupted can go on.
Secret EnsurePassword(const DwhConfig& config);

}  // namespace dwh
