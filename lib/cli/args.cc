#include "cli/args.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

std::string Footer(const std::vector<Args::Example>& examples) {
  size_t widest = 0;
  for (const Args::Example& example : examples) {
    widest = std::max(widest, example.command.size());
  }
  std::string footer = "Examples:\n";
  for (const Args::Example& example : examples) {
    footer += StrCat("  ", example.command, std::string(widest + 3 - example.command.size(), ' '),
                     example.what, "\n");
  }
  return footer +
         "\n"
         "Exit status:\n"
         "  0 done, 1 failed, 2 command line or dwh.cfg wrong and nothing touched,\n"
         "  3 service or database refused or unreachable,\n"
         "  4 data rejected: nothing published or, with QUARANTINE, not all,\n"
         "  75 another run holds the lock, 130 interrupted, 143 terminated";
}

std::string DidYouMean(std::string_view word, const std::vector<std::string>& candidates,
                       const std::string& prefix) {
  const std::string nearest = NearestMatch(word, candidates);
  return nearest.empty() ? "" : StrCat("; did you mean '", prefix, nearest, "'?");
}

std::vector<std::string> Verbs(const CLI::App& app) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) verbs.push_back(verb->get_name());
  return verbs;
}

void AddFlagNames(const CLI::App& app, std::vector<std::string>& names) {
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
}

/// What is wrong with a word that no option and no verb took.
std::string ExplainUnknown(const CLI::App& app, const std::string& word) {
  const std::vector<CLI::App*> chosen = app.get_subcommands();
  if (word.starts_with('-')) {
    std::vector<std::string> flags;
    for (const CLI::App* verb : chosen) AddFlagNames(*verb, flags);
    AddFlagNames(app, flags);
    const std::string flag = word.substr(0, word.find('='));
    return StrCat("unknown option '", flag, "'", DidYouMean(flag, flags, ""));
  }
  const std::vector<std::string> verbs = Verbs(app);
  if (verbs.empty() || !chosen.empty()) return StrCat("unexpected argument '", word, "'");
  return StrCat("unknown verb '", word, "'", DidYouMean(word, verbs, app.get_name() + " "));
}

std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<std::string> unknown = app.remaining(true);
  if (!unknown.empty()) return ExplainUnknown(app, unknown.front());
  const std::vector<std::string> verbs = Verbs(app);
  if (!verbs.empty() && app.get_subcommands().empty()) {
    return StrCat("expected a verb: ", Join(verbs, ", "));
  }
  return error.what();
}

}  // namespace

Args::Args(const std::string& program, const std::string& description,
           const std::vector<Example>& examples)
    : program_(program), app_(description, program) {
  app_.footer(Footer(examples));
  app_.fallthrough();
  app_.get_formatter()->column_width(34);
  app_.set_help_flag("-h,--help", "Show this help and end");
  app_.set_version_flag("-V,--version", program + " " DWH_VERSION, "Show the version and end");
  const std::string group = "Common options";
  app_.add_option("--config", common_.config, "Configuration file [$DWH_CONFIG, else ./dwh.cfg]")
      ->type_name("FILE")
      ->group(group);
  auto* const verbose =
      app_.add_flag("-v,--verbose", common_.verbose, "Say more on standard error")->group(group);
  app_.add_flag("-q,--quiet", common_.quiet, "Only warnings and errors on standard error")
      ->excludes(verbose)
      ->group(group);
  AddChoice<LogFormat>(app_, "--log-format", common_.log_format,
                       {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                       "Messages as lines for people or as JSON, one object a line [text]")
      ->group(group);
  AddChoice<ProgressMode>(
      app_, "--progress", common_.progress,
      {{"auto", ProgressMode::kAuto}, {"on", ProgressMode::kOn}, {"off", ProgressMode::kOff}},
      "A bar on a terminal, else a message every 10 s; on: a bar in spite of --quiet [auto]")
      ->group(group);
  app_.add_flag("--no-color", common_.no_color, "No colour, as with $NO_COLOR")->group(group);
}

void Args::AddCron(bool& cron) {
  const auto set = [this, &cron] {
    cron = common_.quiet = common_.no_color = true;
    common_.progress = ProgressMode::kOff;
  };
  app_.add_flag_callback("--cron", set,
                         "For a run that nobody watches: silent unless a person should know")
      ->excludes(app_.get_option("--verbose"))
      ->excludes(app_.get_option("--progress"));
}

std::string Args::Parse(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
    return "";
  } catch (const CLI::CallForHelp&) {
    std::string help = app_.help();
    if (app_.get_subcommands().empty()) return help;
    return StrCat(help, "\nCommon options: see '", program_, " --help'.\n");
  } catch (const CLI::CallForVersion& version) {
    return StrCat(version.what(), "\n");
  } catch (const CLI::ParseError& error) {
    throw Error(ErrorKind::kUsage, Explain(app_, error),
                StrCat("Run '", program_, " --help' for the options and examples."));
  }
}

void ThrowBadChoice(const std::string& option, const std::string& word,
                    const std::vector<std::string>& choices) {
  const std::string meant = DidYouMean(word, choices, "");
  throw CLI::ValidationError(option,
                             StrCat("'", word, "' is not one of ", Join(choices, ", "), meant));
}

}  // namespace dwh
