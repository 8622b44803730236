#include "ingest/raw_values.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "base/file.h"
#include "ingest/local_source.h"

namespace dwh {
namespace {

class RawValuesTest : public testing::Test {
 protected:
  RawValuesTest() : folder_(testing::TempDir() + "dwh-raw-" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
  }
  ~RawValuesTest() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    WriteFileAtomic(path, content, 0600);
    objects_.Add(source_->Stat(path));
    return path;
  }

  LoadError Fill(const CopyOptions& copy, const std::string& file, int64_t line,
                 const std::string& column) {
    LoadError error;
    error.filename = file;
    error.line_number = line;
    error.column = column;
    std::vector<LoadError> errors = {error};
    FillRawValues(copy, *source_, objects_, errors);
    return errors[0];
  }

  std::filesystem::path folder_;
  std::unique_ptr<ObjectSource> source_ = MakeLocalSource();
  ObjectList objects_;
};

TEST_F(RawValuesTest, FindsTheRecordByItsLastLine) {
  Write("a.json", "{\"year\": \"other\"}\n");
  const std::string file =
      Write("b.json", "{\"year\": 1}\n{\n\"year\": \"fif\\u0074een\"\n}\n{\"year\": 3}\n");
  const LoadError error = Fill({}, file, 4, "year");
  EXPECT_EQ(error.raw_line, "{\n\"year\": \"fif\\u0074een\"\n}");
  EXPECT_EQ(error.raw_field_value, "fifteen");
  EXPECT_EQ(Fill({}, file, 5, "year").raw_field_value, "3");
  EXPECT_EQ(Fill({}, file, 99, "year").raw_line, "");
}

TEST_F(RawValuesTest, FollowsTheJsonPathsFile) {
  CopyOptions copy;
  copy.mapping = JsonMapping::kJsonPaths;
  copy.columns = {"first_name", "last_name"};
  const std::string paths = Write("paths.json", R"({"jsonpaths": ["$.firstName", "$.lastName"]})");
  copy.jsonpaths = paths;
  const std::string file = Write("e.json", R"({"firstName": "A", "lastName": "B"})");
  EXPECT_EQ(Fill(copy, file, 1, "last_name").raw_field_value, "B");
  EXPECT_EQ(Fill(copy, file, 1, "no_such_column").raw_field_value, "");
}

TEST_F(RawValuesTest, ARecordThatIsNoJsonHasALineOnly) {
  const std::string file = Write("e.json", "{\"a\": 1}\n{\"a\":\n{\"a\": 2}\n");
  const LoadError error = Fill({}, file, 2, "");
  EXPECT_EQ(error.raw_line, "{\"a\":");
  EXPECT_EQ(error.raw_field_value, "");
}

TEST_F(RawValuesTest, KeepsWhatTheWarehouseGave) {
  const std::string file = Write("e.json", "{\"a\": 1}");
  std::vector<LoadError> errors(1);
  errors[0].filename = file;
  errors[0].line_number = 1;
  errors[0].raw_line = "given";
  FillRawValues({}, *source_, objects_, errors);
  EXPECT_EQ(errors[0].raw_line, "given");
  EXPECT_EQ(errors[0].raw_field_value, "");
}

TEST_F(RawValuesTest, AnObjectThatIsGoneIsNoFailure) {
  const std::string file = Write("e.json", "{\"a\": 1}");
  std::filesystem::remove(file);
  EXPECT_EQ(Fill({}, file, 1, "a").raw_line, "");
}

}  // namespace
}  // namespace dwh
