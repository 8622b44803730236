#include "engine/copy_rewriter.h"

#include <map>

#include "base/text.h"
#include "engine/redshift_dialect.h"
#include "engine/sql_reader.h"

namespace dwh {
namespace {

std::string_view Keyword(Compression compression) {
  switch (compression) {
    case Compression::kGzip:
      return "GZIP";
    case Compression::kBzip2:
      return "BZIP2";
    case Compression::kZstd:
      return "ZSTD";
    case Compression::kNone:
      break;
  }
  return "";
}

class Rewriter {
 public:
  Rewriter(const SqlStatement& statement, const CopyChanges& changes)
      : sql_(statement.text, statement.file, statement.line),
        options_(ParseCopy(statement.text, statement.file, statement.line)),
        changes_(changes) {
    if (!options_) sql_.Expected(0, "COPY");
  }

  std::string Rewrite() {
    size_t at = sql_.Find({1, sql_.size()}, "FROM") + 1;
    if (!changes_.source.empty()) replaced_[at] = QuoteSqlLiteral(changes_.source);
    if (!changes_.table.empty()) ReplaceTable();
    for (++at; at < sql_.size(); ++at) Option(at);
    AddMissing();
    std::string text;
    for (size_t i = 0; i < sql_.size(); ++i) {
      const auto change = replaced_.find(i);
      text += sql_.Gap(i);
      text += change == replaced_.end() ? sql_[i].text : std::string_view(change->second);
    }
    return text + added_;
  }

 private:
  void ReplaceTable() {
    const bool has_schema = sql_.Is(2, ".");
    replaced_[1] = changes_.table;
    if (has_schema) replaced_[2] = replaced_[3] = "";
  }

  /// ParseCopy has found the order of tokens right; only what is to change is looked for.
  void Option(size_t at) {
    const size_t value = sql_.Is(at + 1, "AS") ? at + 2 : at + 1;
    if (sql_.Is(at, "IAM_ROLE") && sql_[value].text == "''") {
      sql_.Refuse(value, "COPY: IAM_ROLE is empty",
                  "set [IAM_ROLE] ARN in dwh.cfg; `manage_dwh create` makes a role and writes it.");
    }
    if (sql_.Is(at, "JSON") && !changes_.jsonpaths.empty()) {
      replaced_[value] = QuoteSqlLiteral(changes_.jsonpaths);
    }
    if (sql_.Is(at, "MAXERROR") && changes_.max_error) {
      replaced_[value] = std::to_string(*changes_.max_error);
      has_max_error_ = true;
    }
    if (sql_.Is(at, "MANIFEST") && changes_.manifest == false) replaced_[at] = "";
  }

  void AddMissing() {
    if (changes_.manifest == true && !options_->manifest) Add("MANIFEST");
    if (!changes_.region.empty() && options_->region.empty()) {
      Add(StrCat("REGION ", QuoteSqlLiteral(changes_.region)));
    }
    if (changes_.compression != options_->compression) Add(Keyword(changes_.compression));
    if (changes_.max_error && !has_max_error_) Add(StrCat("MAXERROR ", *changes_.max_error));
    if (changes_.no_load && !options_->no_load) Add("NOLOAD");
  }

  /// In a line of its own: the last may end in a comment.
  void Add(std::string_view option) {
    if (!option.empty()) added_ += StrCat("\n", option);
  }

  SqlReader sql_;
  std::optional<CopyOptions> options_;
  const CopyChanges& changes_;
  std::map<size_t, std::string> replaced_;  ///< By the number of the token.
  std::string added_;
  bool has_max_error_ = false;
};

}  // namespace

std::string RewriteCopy(const SqlStatement& statement, const CopyChanges& changes) {
  return Rewriter(statement, changes).Rewrite();
}

}  // namespace dwh
