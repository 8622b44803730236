#include <iostream>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/console.h"
#include "cli/run_main.h"
#include "config/dwh_config.h"
#include "warehouse/connect.h"
#include "warehouse/tables.h"

namespace dwh {
namespace {

struct Options {
  bool print = false;
  bool if_missing = false;
  bool force = false;
};

void Print(const DwhConfig& config) {
  for (const SqlStatement& statement : PlanTables(ReadTableDefinitions(config))) {
    std::cout << RenderStatement(config, statement) << ";\n\n";
  }
}

/// On a terminal the person may type the database's name instead of --force.
bool ConfirmDrop(const DwhConfig& config, const Options& options,
                 const std::vector<std::string>& tables) {
  if (options.force) return true;
  const std::optional<std::string> answer = StderrConsole().Ask(
      StrCat("This drops tables that hold rows: ", Join(tables, ", "),
             ".\nType the name of the database, ", config.cluster.db_name, ", to go on: "));
  return answer && *answer == config.cluster.db_name;
}

void Tell(const std::string& what, const std::vector<std::string>& tables) {
  if (!tables.empty()) LogInfo(StrCat(what, ": [", Join(tables, ", "), "]."));
}

void Run(const Options& options, const std::string& config_flag) {
  const DwhConfig config = LoadConfig(FindConfig(config_flag));
  if (options.print) return Print(config);
  const std::unique_ptr<Engine> engine = OpenEngine(config, "create_tables", AskAtTerminal);
  CreateTablesOptions how;
  how.if_missing = options.if_missing;
  how.confirm_drop = [&](const std::vector<std::string>& tables) {
    return ConfirmDrop(config, options, tables);
  };
  const CreateTablesReport report = CreateTables(config, *engine, how);
  Tell("Dropped tables", report.dropped);
  Tell("Kept tables", report.kept);
  Tell("Created tables", report.created);
  if (report.created.empty()) LogInfo("All tables exist already.");
}

}  // namespace
}  // namespace dwh

int main(int argc, char** argv) {
  dwh::Options options;
  dwh::Args args("create_tables",
                 "Drops and creates the staging tables, the star schema and etl's own tables.",
                 {{"create_tables", "Make the tables; refuses to drop rows"},
                  {"create_tables --print", "Show the SQL that would be sent; connect to nothing"},
                  {"create_tables --force", "Make them anew, whatever they hold"}});
  args.app().add_flag("--print", options.print,
                      "Print the SQL as the configured engine would get it; change nothing");
  CLI::Option* if_missing = args.app().add_flag("--if-missing", options.if_missing,
                                                "Create what is missing; keep what exists");
  args.app()
      .add_flag("--force", options.force, "Drop tables even if they hold rows")
      ->excludes(if_missing);
  return dwh::RunMain(args, argc, argv, [&] {
    dwh::Run(options, args.common().config);
    return 0;
  });
}
