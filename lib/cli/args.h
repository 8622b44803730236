#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dwh {

enum class LogFormat { kText, kJson };
enum class ProgressMode { kAuto, kOn, kOff };

/// What every program takes.
struct CommonOptions {
  std::string config;  ///< "" if not given; config/FindConfig() knows where to look then.
  bool verbose = false;
  bool quiet = false;
  bool no_color = false;
  LogFormat log_format = LogFormat::kText;
  ProgressMode progress = ProgressMode::kAuto;
};

/// A program's command line: the common options, help and version, and what the program adds.
/// Common options may stand before or after a verb. Not copied: CLI11 points into it.
class Args {
 public:
  struct Example {
    std::string command;
    std::string what;
  };

  Args(const std::string& program, const std::string& description,
       const std::vector<Example>& examples);
  Args(const Args&) = delete;
  Args& operator=(const Args&) = delete;

  /// For the program's own options and verbs (add_flag, add_option, add_subcommand …).
  CLI::App& app() { return app_; }
  const CommonOptions& common() const { return common_; }
  /// For what runs unwatched: adds --cron, which also means --quiet, --progress off and --no-color.
  void AddCron(bool& cron);
  const std::string& program() const { return program_; }

  /// Reads the command line. Returns "" to go on, or the text of --help or --version, which the
  /// program prints on standard output to end with success. Throws Error(kUsage), with the nearest
  /// right flag or verb in its message if there is one.
  std::string Parse(int argc, const char* const* argv);

 private:
  std::string program_;
  CLI::App app_;
  CommonOptions common_;
};

/// Throws the CLI::ParseError for a word that is none of `choices`, naming the nearest.
[[noreturn]] void ThrowBadChoice(const std::string& option, const std::string& word,
                                 const std::vector<std::string>& choices);

/// Adds an option that takes one of a few words: `AddChoice(app, "--format", format,
/// {{"text", Format::kText}, {"json", Format::kJson}}, "How to print")`. `value` holds the default.
template <typename T>
CLI::Option* AddChoice(CLI::App& app, const std::string& name, T& value,
                       const std::vector<std::pair<std::string, T>>& choices,
                       const std::string& description) {
  std::vector<std::string> words;
  words.reserve(choices.size());
  for (const auto& choice : choices) words.push_back(choice.first);
  const auto set = [name, choices, words, &value](const std::string& word) {
    for (const auto& [text, meaning] : choices) {
      if (text != word) continue;
      value = meaning;
      return;
    }
    ThrowBadChoice(name, word, words);
  };
  return app.add_option_function<std::string>(name, set, description)
      ->type_name(CLI::detail::join(words, "|"));
}

}  // namespace dwh
