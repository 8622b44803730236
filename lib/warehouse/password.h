#pragma once

#include <string>

#include "base/secret.h"

namespace dwh {

/// 32 characters of 64 kinds: some 190 random bits. None of them means anything to INI, URLs or
/// shells, and Redshift takes every such password. Throws Error(kFailed).
Secret MakePassword();

/// What Redshift would find wrong with a master password (facts/aws-control-plane, section 4.4); ""
/// if nothing. Does not repeat it.
std::string ProblemOfPassword(const Secret& password);

}  // namespace dwh
