#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "aws/environment.h"
#include "base/error.h"
#include "base/file.h"
#include "fake_service.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

class RealEnvironmentTest : public testing::Test {
 protected:
  RealEnvironmentTest() {
    std::string name = (fs::temp_directory_path() / "credentials_test.XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    folder = name;
  }
  ~RealEnvironmentTest() override { fs::remove_all(folder); }

  void WriteProgram(const std::string& name, const std::string& script) const {
    WriteFileAtomic(folder / name, "#!/bin/sh\n" + script + "\n", 0700);
  }
  AwsEnvironment Make() { return RealAwsEnvironment(transport, clock, {}); }

  FakeTransport transport;
  FakeClock clock;
  fs::path folder;
};

TEST_F(RealEnvironmentTest, Variables) {
  setenv("DWH_TEST_VARIABLE", "a=b", 1);
  const AwsEnvironment environment = Make();
  EXPECT_EQ(environment.variable("DWH_TEST_VARIABLE"), "a=b");
  EXPECT_EQ(environment.variables().at("DWH_TEST_VARIABLE"), "a=b");
  unsetenv("DWH_TEST_VARIABLE");
  EXPECT_EQ(environment.variable("DWH_TEST_VARIABLE"), std::nullopt);
  EXPECT_EQ(environment.Variable("DWH_TEST_VARIABLE"), "");
  EXPECT_FALSE(environment.variables().contains("DWH_TEST_VARIABLE"));
}

TEST_F(RealEnvironmentTest, Files) {
  const AwsEnvironment environment = Make();
  EXPECT_EQ(environment.file(folder / "none"), std::nullopt);
  EXPECT_EQ(environment.file(folder / "none" / "deeper"), std::nullopt);
  EXPECT_THROW(environment.file(folder), Error);
  environment.write(folder / "login.json", "{}");
  EXPECT_EQ(environment.file(folder / "login.json"), "{}");
  EXPECT_EQ(fs::status(folder / "login.json").permissions(),
            fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(RealEnvironmentTest, Home) {
  const std::string before = getenv("HOME") == nullptr ? "" : getenv("HOME");
  setenv("HOME", folder.c_str(), 1);
  EXPECT_EQ(Make().home, folder);
  unsetenv("HOME");
  EXPECT_TRUE(Make().home.is_absolute());
  EXPECT_NE(Make().home, folder);
  if (!before.empty()) setenv("HOME", before.c_str(), 1);
}

TEST_F(RealEnvironmentTest, RunsProgramsOfThePath) {
  const AwsEnvironment environment = Make();
  WriteProgram("helper", "echo \"$1 $HOME\"; echo careful >&2; exit 3");
  Command command;
  command.argv = {"helper", "a b"};
  command.environment = {{"PATH", "/nowhere:" + folder.string()}, {"HOME", "/home/ada"}};
  command.folder = ".";
  command.errors_apart = true;
  const ProcessResult result = environment.run(command);
  EXPECT_EQ(result.output, "a b /home/ada\n");
  EXPECT_EQ(result.errors, "careful\n");
  EXPECT_EQ(result.status, 3);
  command.argv[0] = (folder / "helper").string();
  command.environment.erase("PATH");
  EXPECT_EQ(environment.run(command).status, 3);
  command.argv[0] = "helper";
  EXPECT_EQ(std::string(Thrown<Error>([&] { environment.run(command); }).what()),
            "cannot start helper: no such program in PATH");
}

TEST_F(RealEnvironmentTest, AsksNobodyWhereThereIsNoTerminal) {
  EXPECT_EQ(Make().ask("MFA code: "), std::nullopt);
}

TEST_F(RealEnvironmentTest, Random) {
  const AwsEnvironment environment = Make();
  double sum = 0;
  for (int i = 0; i < 1000; ++i) {
    const double one = environment.random();
    ASSERT_GE(one, 0);
    ASSERT_LT(one, 1);
    sum += one;
  }
  EXPECT_NEAR(sum, 500, 100);
}

}  // namespace
}  // namespace dwh
