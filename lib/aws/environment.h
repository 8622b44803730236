#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/process.h"
#include "net/http.h"

namespace dwh {

/// Everything outside the process that credentials and settings come from: a seam for tests.
struct AwsEnvironment {
  /// A variable's value; nullopt if it is not set.
  std::function<std::optional<std::string>(const std::string& name)> variable;
  /// All variables: what a credential_process is started with.
  std::function<std::map<std::string, std::string>()> variables;
  /// A file's content; nullopt if there is no such file. Throws Error if it cannot be read.
  std::function<std::optional<std::string>(const std::filesystem::path& path)> file;
  /// Replaces a file as a whole; only its owner may read it. Throws Error.
  std::function<void(const std::filesystem::path& path, std::string_view content)> write;
  std::filesystem::path home;  ///< The caller's home folder.
  /// Runs a program, which may be a bare name: it is looked up in the PATH of the command's own
  /// environment. Throws as RunProcess does.
  std::function<ProcessResult(const Command& command)> run;
  /// Asks on the terminal; nullopt where there is none. For MFA codes.
  std::function<std::optional<std::string>(const std::string& question)> ask;
  std::function<double()> random;  ///< In [0, 1).
  HttpTransport* transport = nullptr;
  Clock* clock = nullptr;

  /// A variable's value; empty if it is not set.
  std::string Variable(const std::string& name) const { return variable(name).value_or(""); }
};

/// The real one. `ask` may be empty.
AwsEnvironment RealAwsEnvironment(
    HttpTransport& transport, Clock& clock,
    std::function<std::optional<std::string>(const std::string& question)> ask);

}  // namespace dwh
