#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/console.h"
#include "cli/run_main.h"
#include "config/dwh_config.h"
#include "warehouse/ledger_copy.h"
#include "warehouse/provision.h"

namespace dwh {
namespace {

enum class StatusFormat { kText, kJson };

struct Options {
  bool dry_run = false;
  bool yes = false;
  std::string output;
  std::string final_snapshot;
  StatusFormat format = StatusFormat::kText;
};

/// `create --output FILE`: the configuration as a file of its own, made once and kept from then on.
/// Paths keep their meaning, although relative ones count from the file's folder.
DwhConfig CopyConfig(const DwhConfig& config, const std::filesystem::path& output) {
  if (std::filesystem::exists(output)) {
    LogInfo(StrCat("Using ", output.string(), ", which is there already."));
    return LoadConfig(output);
  }
  WriteFileAtomic(output, ReadFile(config.path), 0600);
  const DwhConfig copy = LoadConfig(output);
  std::map<std::pair<std::string, std::string>, std::string> moved;
  const auto keep = [&](const char* section, const char* key, const std::string& was,
                        const std::string& is) {
    if (was != is) moved[{section, key}] = was;
  };
  keep("LOCAL", "DATA_DIR", config.local.data_dir, copy.local.data_dir);
  keep("S3", "LOG_DATA", config.s3.log_data, copy.s3.log_data);
  keep("S3", "LOG_JSONPATH", config.s3.log_jsonpath, copy.s3.log_jsonpath);
  keep("S3", "SONG_DATA", config.s3.song_data, copy.s3.song_data);
  keep("ETL", "RESULTS_DIR", config.etl.results_dir, copy.etl.results_dir);
  keep("ETL", "LOCK_FILE", config.etl.lock_file, copy.etl.lock_file);
  keep("ETL", "METRICS_FILE", config.etl.metrics_file, copy.etl.metrics_file);
  if (!moved.empty()) UpdateConfig(output, moved);
  return LoadConfig(output);
}

void PrintPlan(const std::vector<std::string>& plan) {
  for (const std::string& step : plan) std::cout << "would do: " << step << "\n";
}

void Confirm(const Provisioner& warehouse) {
  const std::string identifier = warehouse.Identifier();
  const std::optional<std::string> answer = StderrConsole().Ask(
      StrCat("This deletes the warehouse and all its data. Type its name, ", identifier, ": "));
  if (!answer) {
    throw Error(ErrorKind::kUsage,
                "delete asks for confirmation, and there is no terminal to ask on",
                "give --yes to delete without being asked.");
  }
  if (*answer != identifier) {
    throw Error(ErrorKind::kUsage,
                StrCat("'", *answer, "' is not the warehouse's name; nothing done"));
  }
}

/// Quoted for a shell if need be.
std::string ShellWord(const std::string& word) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./-";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

void PrintStatus(const WarehouseStatus& status, const DwhConfig& config, StatusFormat format) {
  if (format == StatusFormat::kJson) {
    nlohmann::ordered_json json = {{"engine", status.engine},     {"state", status.state},
                                   {"host", status.host},         {"port", status.port},
                                   {"database", status.database}, {"user", status.user}};
    for (const auto& [name, value] : status.more) json[name] = value;
    std::cout << json.dump() << "\n";
    return;
  }
  std::cout << "engine    " << status.engine << "\nstate     " << status.state << "\n";
  if (!status.host.empty()) {
    std::cout << "host      " << status.host << "\nport      " << status.port << "\n";
  }
  std::cout << "database  " << status.database << "\nuser      " << status.user << "\n";
  for (const auto& [name, value] : status.more) {
    constexpr size_t kNameWidth = 10;
    std::cout << name << std::string(std::max(kNameWidth, name.size() + 1) - name.size(), ' ')
              << value << "\n";
  }
  if (!status.detail.empty()) std::cout << "\n" << status.detail << "\n";
  if (status.host.empty()) return;
  std::cout << "\nThe password is DB_PASSWORD in " << config.path.string() << ".\npsql -h "
            << ShellWord(status.host) << " -p " << status.port << " -U " << ShellWord(status.user)
            << " " << ShellWord(status.database) << "\n";
}

void PrintPolicies(Provisioner& warehouse) {
  for (const auto& [title, json] : warehouse.Policies()) {
    if (json.empty()) continue;
    std::cout << "# " << title << "\n" << nlohmann::ordered_json::parse(json).dump(2) << "\n\n";
  }
}

void Run(const std::string& verb, const Options& options, const std::string& config_flag) {
  DwhConfig config = LoadConfig(FindConfig(config_flag));
  if (!options.output.empty() && !options.dry_run) config = CopyConfig(config, options.output);
  const std::unique_ptr<Provisioner> warehouse =
      MakeProvisioner(config, RealClock(), AskAtTerminal);
  if (verb == "status") return PrintStatus(warehouse->Status(), config, options.format);
  if (verb == "policy") return PrintPolicies(*warehouse);
  if (verb == "pause") return warehouse->Pause();
  if (verb == "resume") return warehouse->Resume();
  if (verb == "create") {
    if (options.dry_run) return PrintPlan(warehouse->PlanCreate());
    LedgerCopy(config).Remove();  // of a warehouse that may have been another
    return warehouse->Create();
  }
  if (options.dry_run) return PrintPlan(warehouse->PlanDelete());
  if (!options.yes && warehouse->Status().state != "absent") Confirm(*warehouse);
  std::optional<std::string> snapshot;
  if (!options.final_snapshot.empty()) snapshot = options.final_snapshot;
  LedgerCopy(config).Remove();
  warehouse->Delete(snapshot);
}

}  // namespace
}  // namespace dwh

int main(int argc, char** argv) {
  dwh::Options options;
  dwh::Args args("manage_dwh", "Creates, deletes, stops and starts the warehouse of dwh.cfg.",
                 {{"manage_dwh create", "Make the warehouse, or go on making it"},
                  {"manage_dwh status --format json", "Its state, for programs"},
                  {"manage_dwh delete --yes", "Remove it and all its data, unasked"}});
  CLI::App& app = args.app();
  app.require_subcommand(1);
  CLI::App* create = app.add_subcommand("create", "Make the warehouse; repeatable");
  create->add_flag("--dry-run", options.dry_run, "Say what would be done; change nothing");
  create
      ->add_option("--output", options.output,
                   "Write endpoint and password to this copy of the configuration instead")
      ->type_name("FILE");
  CLI::App* remove = app.add_subcommand("delete", "Remove the warehouse and all its data");
  remove->add_flag("--dry-run", options.dry_run, "Say what would be done; change nothing");
  remove->add_flag("--yes", options.yes, "Do not ask for the warehouse's name");
  remove->add_option("--final-snapshot", options.final_snapshot, "Keep a snapshot of the data")
      ->type_name("NAME");
  CLI::App* status = app.add_subcommand("status", "Show state and endpoint");
  dwh::AddChoice(*status, "--format", options.format,
                 {{"text", dwh::StatusFormat::kText}, {"json", dwh::StatusFormat::kJson}},
                 "How to print it");
  app.add_subcommand("pause", "Stop the server or cluster; the data stay");
  app.add_subcommand("resume", "Start it again");
  app.add_subcommand("policy", "Print the IAM policies that AWS needs, least privilege");
  return dwh::RunMain(args, argc, argv, [&] {
    dwh::Run(app.get_subcommands().front()->get_name(), options, args.common().config);
    return 0;
  });
}
