#include "aws/environment.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

std::optional<std::string> FindVariable(const std::string& name) {
  const char* const value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

std::map<std::string, std::string> AllVariables() {
  std::map<std::string, std::string> variables;
  for (char** at = environ; at != nullptr && *at != nullptr; ++at) {
    const std::string text = *at;
    const size_t equals = text.find('=');
    if (equals != std::string::npos) variables[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return variables;
}

std::optional<std::string> FindFile(const fs::path& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  return ReadFile(path);
}

void WritePrivate(const fs::path& path, std::string_view content) {
  WriteFileAtomic(path, content, 0600);
}

fs::path HomeFolder() {
  const std::optional<std::string> home = FindVariable("HOME");
  if (home && !home->empty()) return *home;
  const passwd* const account = getpwuid(getuid());  // services may run without the variable
  return account == nullptr ? "/" : account->pw_dir;
}

bool CanRun(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(path, error) && access(path.c_str(), X_OK) == 0;
}

std::string FindProgram(const std::string& name, const std::string& path) {
  if (name.find('/') != std::string::npos) return name;
  for (const std::string& folder : Split(path, ':')) {
    const fs::path candidate = fs::path(folder.empty() ? "." : folder) / name;
    if (CanRun(candidate)) return candidate.string();
  }
  throw Error(ErrorKind::kFailed, StrCat("cannot start ", name, ": no such program in PATH"));
}

ProcessResult RunFromPath(const Command& command) {
  Command found = command;
  const auto path = command.environment.find("PATH");
  found.argv[0] = FindProgram(command.argv[0],
                              path == command.environment.end() ? "/usr/bin:/bin" : path->second);
  return RunProcess(found);
}

}  // namespace

AwsEnvironment RealAwsEnvironment(
    HttpTransport& transport, Clock& clock,
    std::function<std::optional<std::string>(const std::string& question)> ask) {
  AwsEnvironment environment;
  environment.variable = FindVariable;
  environment.variables = AllVariables;
  environment.file = FindFile;
  environment.write = WritePrivate;
  environment.home = HomeFolder();
  environment.run = RunFromPath;
  environment.ask = std::move(ask);
  if (!environment.ask) environment.ask = [](const std::string&) { return std::nullopt; };
  environment.random = [engine = std::mt19937_64(std::random_device()())]() mutable {
    return std::uniform_real_distribution<double>()(engine);
  };
  environment.transport = &transport;
  environment.clock = &clock;
  return environment;
}

}  // namespace dwh
