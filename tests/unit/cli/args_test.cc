#include "cli/args.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace dwh {
namespace {

enum class Format { kText, kJson };

/// A program like manage_dwh.
struct Program {
  Args args{"tool", "Does things.", {{"tool status", "See how it is"}}};
  Format format = Format::kText;
  bool yes = false;

  Program() {
    args.app().require_subcommand(1);
    CLI::App* const status = args.app().add_subcommand("status", "How it is");
    AddChoice<Format>(*status, "--format", format,
                      {{"text", Format::kText}, {"json", Format::kJson}}, "How to print");
    args.app().add_subcommand("delete", "Remove it")->add_flag("--yes", yes, "Do not ask");
  }

  std::string Parse(std::vector<const char*> words) {
    words.insert(words.begin(), "/bin/tool");
    return args.Parse(static_cast<int>(words.size()), words.data());
  }
};

std::string ParseError(const std::vector<const char*>& words) {
  try {
    Program().Parse(words);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(error.hint().find("tool --help"), std::string::npos);
    return error.what();
  }
  return "no error";
}

TEST(Args, TakesCommonOptionsBeforeAndAfterTheVerb) {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{"--config", "a.cfg", "-v", "--log-format=json", "--progress",
                                 "off", "--no-color", "status", "--format", "json"},
        std::vector<const char*>{"status", "--format", "json", "--config", "a.cfg", "-v",
                                 "--log-format=json", "--progress", "off", "--no-color"}}) {
    Program program;
    EXPECT_EQ(program.Parse(words), "");
    EXPECT_EQ(program.args.common().config, "a.cfg");
    EXPECT_TRUE(program.args.common().verbose);
    EXPECT_FALSE(program.args.common().quiet);
    EXPECT_TRUE(program.args.common().no_color);
    EXPECT_EQ(program.args.common().log_format, LogFormat::kJson);
    EXPECT_EQ(program.args.common().progress, ProgressMode::kOff);
    EXPECT_EQ(program.format, Format::kJson);
    EXPECT_TRUE(program.args.app().got_subcommand("status"));
  }
}

TEST(Args, HelpAndVersionAreTexts) {
  const std::string help = Program().Parse({"--help"});
  for (const char* part : {"Does things.", "Usage: tool", "--config FILE", "status", "Examples:",
                           "tool status   See how it is", "75 another run holds the lock"}) {
    EXPECT_NE(help.find(part), std::string::npos) << part << "\n" << help;
  }
  const std::string verb_help = Program().Parse({"status", "--help"});
  EXPECT_NE(verb_help.find("--format text|json"), std::string::npos) << verb_help;
  EXPECT_NE(verb_help.find("tool --help"), std::string::npos) << verb_help;
  EXPECT_EQ(Program().Parse({"--version"}), "tool " DWH_VERSION "\n");
}

TEST(Args, WrongWordsGetTheNearestRightOne) {
  EXPECT_EQ(ParseError({"staus"}), "unknown verb 'staus'; did you mean 'tool status'?");
  EXPECT_EQ(ParseError({"frobnicate"}), "unknown verb 'frobnicate'");
  EXPECT_EQ(ParseError({}), "expected a verb: status, delete");
  EXPECT_EQ(ParseError({"status", "--formt", "json"}),
            "unknown option '--formt'; did you mean '--format'?");
  EXPECT_EQ(ParseError({"status", "--confg=x"}),
            "unknown option '--confg'; did you mean '--config'?");
  EXPECT_EQ(ParseError({"--confg=x", "status"}),
            "unknown option '--confg'; did you mean '--config'?");
  EXPECT_EQ(ParseError({"delete", "--zzz"}), "unknown option '--zzz'");
  EXPECT_EQ(ParseError({"delete", "it"}), "unexpected argument 'it'");
}

TEST(Args, WrongValuesAreExplained) {
  EXPECT_EQ(ParseError({"status", "--format", "jsn"}),
            "--format: 'jsn' is not one of text, json; did you mean 'json'?");
  EXPECT_EQ(ParseError({"--progress", "sometimes", "status"}),
            "--progress: 'sometimes' is not one of auto, on, off");
  EXPECT_EQ(ParseError({"status", "--config"}), "--config: 1 required FILE missing");
  EXPECT_EQ(ParseError({"-q", "-v", "status"}), "--verbose excludes --quiet");
}

}  // namespace
}  // namespace dwh
