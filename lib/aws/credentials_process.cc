#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "aws/credentials_common.h"
#include "aws/credentials_sources.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

/// Of what the program says on standard error; AWS asks such programs to print no secrets there.
constexpr size_t kMaxErrorWords = 300;

/// Splits a command line into words as a POSIX shell does, but expands nothing.
class ShellWords {
 public:
  /// Throws Error(kUsage) for an open quote or a backslash at the end.
  static std::vector<std::string> Split(std::string_view text, const std::string& source) {
    ShellWords words;
    for (const char c : text) words.Take(c);
    if (words.quote_ != 0 || words.escaped_) {
      throw Error(ErrorKind::kUsage,
                  StrCat(source, ": its command line ends within a quote or after a backslash"));
    }
    words.EndWord();
    return std::move(words.words_);
  }

 private:
  void Take(char c) {
    if (escaped_) {
      // In double quotes a backslash means itself but before these two.
      if (quote_ == '"' && c != '"' && c != '\\') word_ += '\\';
      escaped_ = false;
      word_ += c;
    } else if (c == '\\' && quote_ != '\'') {
      in_word_ = escaped_ = true;
    } else if (quote_ != 0) {
      if (c == quote_) {
        quote_ = 0;
      } else {
        word_ += c;
      }
    } else if (c == '"' || c == '\'') {
      in_word_ = true;
      quote_ = c;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      EndWord();
    } else {
      in_word_ = true;
      word_ += c;
    }
  }

  void EndWord() {
    if (in_word_) words_.push_back(std::exchange(word_, ""));
    in_word_ = false;
  }

  std::vector<std::string> words_;
  std::string word_;
  bool in_word_ = false;  // also in an empty one: ''
  bool escaped_ = false;
  char quote_ = 0;
};

/// The first lines that a program said, as one line.
std::string OneLine(std::string_view text) {
  std::string line(TruncateUtf8(Trim(text), kMaxErrorWords));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7f'; }, ' ');
  return line;
}

class ProcessSource : public CredentialsProvider {
 public:
  ProcessSource(CredentialsContextPtr context, std::string profile)
      : context_(std::move(context)), profile_(std::move(profile)) {}

  std::string Name() const override { return "credential_process of profile " + profile_; }

  std::optional<AwsCredentials> Fetch() override {
    const std::string line =
        ProfileValue(context_->files.FindProfile(profile_), "credential_process");
    if (Trim(line).empty()) return std::nullopt;
    const nlohmann::json reply = ParseJsonReply(Run(ShellWords::Split(line, Name())), Name());
    const auto version = reply.find("Version");
    if (version == reply.end() || *version != 1) {
      throw Error(ErrorKind::kUnavailable, StrCat(Name(), ": the reply is not of Version 1"));
    }
    CredentialNames names;
    names.token = "SessionToken";
    return ReadJsonCredentials(reply, names, Name());
  }

 private:
  std::string Run(std::vector<std::string> words) const {
    Command command;
    command.argv = std::move(words);
    command.environment = context_->environment.variables();
    command.folder = ".";
    command.errors_apart = true;
    ProcessResult result;
    try {
      result = context_->environment.run(command);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kFailed) throw;
      throw Error(ErrorKind::kUsage, StrCat(Name(), ": ", error.what()),
                  "No shell is involved: there are no aliases and no variables.");
    }
    if (result.status != 0) {
      const std::string words_of_it = OneLine(result.errors);
      throw Error(ErrorKind::kUnavailable,
                  StrCat(Name(), ": ", command.argv[0], " ended with status ", result.status,
                         words_of_it.empty() ? "" : ": ", words_of_it));
    }
    return std::move(result.output);
  }

  CredentialsContextPtr context_;
  std::string profile_;
};

}  // namespace

CredentialsProviderPtr MakeProcessSource(CredentialsContextPtr context,
                                         const std::string& profile) {
  return std::make_unique<ProcessSource>(std::move(context), profile);
}

}  // namespace dwh
