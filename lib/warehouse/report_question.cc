#include "warehouse/report_question.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "pg/sql_tokens.h"

namespace dwh {
namespace {

using Param = Question::Param;

struct ChartKind {
  std::string_view name;
  size_t fewest_columns;
  size_t most_columns;
};
constexpr size_t kMostSeries = 5;  // more colours than that cannot be told apart
constexpr std::array kChartKinds = {
    ChartKind{"figures", 0, 0}, ChartKind{"line", 2, kMostSeries},
    ChartKind{"bars", 2, 3},    ChartKind{"columns", 2, kMostSeries},
    ChartKind{"heatmap", 3, 3}, ChartKind{"states", 2, 2},
    ChartKind{"table", 0, 0},
};

struct ParamKind {
  std::string_view name;
  Param::Kind kind;
};
constexpr std::array kParamKinds = {ParamKind{"number", Param::Kind::kNumber},
                                    ParamKind{"date", Param::Kind::kDate},
                                    ParamKind{"text", Param::Kind::kText}};

template <typename Entries>
std::vector<std::string> Names(const Entries& entries) {
  std::vector<std::string> names;
  names.reserve(entries.size());
  for (const auto& entry : entries) names.emplace_back(entry.name);
  return names;
}

/// "Did you mean X?", or what there is.
std::string Advice(const std::string& word, const std::vector<std::string>& known) {
  const std::string nearest = NearestMatch(word, known);
  return nearest.empty() ? StrCat("There are ", Join(known, ", "), ".")
                         : StrCat("Did you mean ", nearest, "?");
}

bool IsName(std::string_view text) {
  return !text.empty() && !IsDigit(text.front()) &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
}

/// What is wrong with a value of that kind; "" if nothing is.
std::string Misfit(Param::Kind kind, const std::string& value) {
  constexpr size_t kMostDigits = 18;  // fits BIGINT
  if (kind == Param::Kind::kNumber) {
    const bool digits = std::all_of(value.begin(), value.end(), IsDigit);
    if (digits && !value.empty() && value.size() <= kMostDigits) return "";
    return "is not a whole number such as 10";
  }
  if (kind == Param::Kind::kText || value.empty()) return "";
  const bool day = value.size() == 10 && ParseIso8601(value + "T00:00:00Z");
  return day ? "" : "is not a day such as 2018-11-30";
}

/// The first word of `text`, which is cut off, with the blanks behind it.
std::string TakeWord(std::string_view& text) {
  std::string word(text.substr(0, text.find(' ')));
  text = Trim(text.substr(word.size()));
  return word;
}

class HeaderParser {
 public:
  explicit HeaderParser(Question& question) : question_(question) {}

  void Parse() {
    std::string_view rest = question_.script;
    if (rest.substr(0, 3) == "\xEF\xBB\xBF") rest.remove_prefix(3);
    for (; rest.starts_with("--"); ++line_) {
      const size_t end = std::min(rest.find('\n'), rest.size());
      Line(rest.substr(2, end - 2));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    Apply();
  }

 private:
  [[noreturn]] void Fail(const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::kUsage, StrCat(question_.file, ":", key_line_, ": ", what), hint);
  }

  void Line(std::string_view text) {
    constexpr std::string_view kSetIn = "   ";
    if (!key_.empty() && text.starts_with(kSetIn)) {
      value_ += StrCat(" ", Trim(text));
      return;
    }
    Apply();
    key_line_ = line_;
    const size_t colon = text.find(": ");
    const std::string_view key = Trim(text.substr(0, colon));
    if (colon == std::string_view::npos || !IsName(key)) return;
    static const std::vector<std::string> kKeys = {"title", "section",  "answers",
                                                   "chart", "overview", "param"};
    if (std::find(kKeys.begin(), kKeys.end(), key) == kKeys.end()) {
      const std::string nearest = NearestMatch(key, kKeys);
      if (nearest.empty()) return;  // a comment like any other
      Fail(StrCat("unknown key '", key, "' in the header"), StrCat("Did you mean ", nearest, "?"));
    }
    key_ = key;
    value_ = Trim(text.substr(colon + 2));
  }

  void Apply() {
    if (key_ == "title") question_.title = value_;
    if (key_ == "section") question_.section = value_;
    if (key_ == "answers") question_.answers = value_;
    if (key_ == "chart") Chart();
    if (key_ == "overview") Overview();
    if (key_ == "param") Parameter();
    key_.clear();
  }

  void Chart() {
    std::string_view rest = value_;
    question_.chart.kind = TakeWord(rest);
    question_.chart.columns.clear();
    while (!rest.empty()) question_.chart.columns.push_back(TakeWord(rest));
    const std::string& kind = question_.chart.kind;
    const auto* known = std::find_if(kChartKinds.begin(), kChartKinds.end(),
                                     [&](const ChartKind& entry) { return entry.name == kind; });
    if (known == kChartKinds.end()) {
      Fail(StrCat("unknown kind of chart '", kind, "'"), Advice(kind, Names(kChartKinds)));
    }
    const size_t columns = question_.chart.columns.size();
    if (columns >= known->fewest_columns && columns <= known->most_columns) return;
    Fail(StrCat("chart ", kind, " with ", columns, " columns"),
         StrCat("It takes ", known->fewest_columns, " to ", known->most_columns, "."));
  }

  void Overview() {
    question_.overview.emplace();
    std::string_view rest = value_;
    if (rest == "yes") return;
    while (!rest.empty()) {
      const std::string word = TakeWord(rest);
      const size_t equals = word.find('=');
      if (equals == std::string::npos) {
        Fail(StrCat("'", word, "' in overview"), "Write yes, or limit=5 and the like.");
      }
      (*question_.overview)[word.substr(0, equals)] = word.substr(equals + 1);
    }
  }

  void Parameter() {
    std::string_view rest = value_;
    Param param;
    param.name = TakeWord(rest);
    const std::string kind = TakeWord(rest);
    param.value = TakeWord(rest);
    if (param.value == "''") param.value.clear();
    param.description = rest;
    if (!IsName(param.name)) {
      Fail(StrCat("'", param.name, "' is no name of a parameter"), "Use letters, digits and _.");
    }
    const auto* known = std::find_if(kParamKinds.begin(), kParamKinds.end(),
                                     [&](const ParamKind& entry) { return entry.name == kind; });
    if (known == kParamKinds.end()) {
      Fail(StrCat("unknown kind '", kind, "' of parameter ", param.name),
           Advice(kind, Names(kParamKinds)));
    }
    param.kind = known->kind;
    if (const std::string misfit = Misfit(param.kind, param.value); !misfit.empty()) {
      Fail(StrCat("default '", param.value, "' of parameter ", param.name, " ", misfit),
           "Write '' for an empty one.");
    }
    question_.params.push_back(std::move(param));
  }

  Question& question_;
  int line_ = 1;
  int key_line_ = 1;
  std::string key_;
  std::string value_;
};

/// Texts stand in quotes, or they could be SQL.
void CheckQuoted(const Question& question) {
  for (const SqlToken& token : TokenizeSql(question.script, question.file, 1)) {
    if (token.kind != SqlTokenKind::kVariable || token.text[1] == '\'') continue;
    const auto is_text = [&](const Param& param) {
      return param.kind != Param::Kind::kNumber && token.text.substr(1) == param.name;
    };
    if (std::none_of(question.params.begin(), question.params.end(), is_text)) continue;
    throw Error(ErrorKind::kUsage,
                StrCat(question.file, ":", token.line, ": ", token.text, " is not quoted"),
                StrCat("Write :'", token.text.substr(1), "'."));
  }
}

}  // namespace

Question ParseQuestion(const std::string& file, std::string_view name, std::string script) {
  Question question;
  question.name = name;
  question.file = file;
  question.script = std::move(script);
  HeaderParser(question).Parse();
  if (question.title.empty()) question.title = name;
  if (question.section.empty()) question.section = "More questions";
  CheckQuoted(question);
  return question;
}

void CheckSettings(const Question& question, const std::map<std::string, std::string>& settings) {
  for (const Param& param : question.params) {
    const auto set = settings.find(param.name);
    if (set == settings.end()) continue;
    const std::string misfit = Misfit(param.kind, set->second);
    if (misfit.empty()) continue;
    throw Error(
        ErrorKind::kUsage,
        StrCat("parameter ", param.name, " of ", question.name, ": '", set->second, "' ", misfit),
        "`report --list` shows the parameters.");
  }
}

SqlStatement BindQuestion(const Question& question,
                          const std::map<std::string, std::string>& settings,
                          const SqlVariables& variables) {
  CheckSettings(question, settings);
  SqlVariables all = variables;
  for (const Param& param : question.params) {
    const auto set = settings.find(param.name);
    all[param.name] = set == settings.end() ? param.value : set->second;
  }
  std::vector<SqlStatement> statements = SplitSqlScript(question.script, question.file, all);
  if (statements.size() != 1) {
    throw Error(ErrorKind::kUsage,
                StrCat(question.file, ": ", statements.size(), " statements in a question"),
                "A question is one SELECT.");
  }
  const std::string first = ToUpper(statements.front().text.substr(0, 6));
  if (first != "SELECT" && !first.starts_with("WITH")) {
    throw Error(ErrorKind::kUsage,
                StrCat(question.file, ":", statements.front().line, ": not a SELECT"),
                "A question is one SELECT, which may begin with WITH.");
  }
  return std::move(statements.front());
}

}  // namespace dwh
