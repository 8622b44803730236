#include "warehouse/local_settings.h"

#include <gtest/gtest.h>

#include <string>

namespace dwh {
namespace {

constexpr int64_t kGiB = int64_t{1} << 30;

bool Has(const std::string& settings, const std::string& line) {
  return ("\n" + settings).find("\n" + line + "\n") != std::string::npos;
}

TEST(LocalSettings, FollowTheMachine) {
  const std::string middle = ServerSettings({4, 8 * kGiB, 40 * kGiB}, "/d/run", std::nullopt);
  EXPECT_TRUE(Has(middle, "shared_buffers = 1024MB"));
  EXPECT_TRUE(Has(middle, "work_mem = 128MB"));
  EXPECT_TRUE(Has(middle, "max_wal_size = 5120MB"));
  EXPECT_TRUE(Has(middle, "max_parallel_workers_per_gather = 4"));
}

TEST(LocalSettings, StayWithinBounds) {
  const std::string tiny = ServerSettings({1, kGiB / 4, 0}, "/d/run", std::nullopt);
  EXPECT_TRUE(Has(tiny, "shared_buffers = 128MB"));
  EXPECT_TRUE(Has(tiny, "work_mem = 16MB"));
  EXPECT_TRUE(Has(tiny, "max_wal_size = 256MB"));
  const std::string huge = ServerSettings({64, 512 * kGiB, 9000 * kGiB}, "/d/run", std::nullopt);
  EXPECT_TRUE(Has(huge, "shared_buffers = 2048MB"));
  EXPECT_TRUE(Has(huge, "work_mem = 256MB"));
  EXPECT_TRUE(Has(huge, "max_wal_size = 8192MB"));
}

TEST(LocalSettings, ListenWhereAsked) {
  const std::string socket = ServerSettings({1, kGiB, kGiB}, "/d/run", std::nullopt);
  EXPECT_TRUE(Has(socket, "listen_addresses = ''"));
  EXPECT_TRUE(Has(socket, "port = 5432"));
  EXPECT_TRUE(Has(socket, "unix_socket_directories = '\"/d/run\"'"));
  const std::string tcp = ServerSettings({1, kGiB, kGiB}, "/d/run", 5439);
  EXPECT_TRUE(Has(tcp, "listen_addresses = '127.0.0.1'"));
  EXPECT_TRUE(Has(tcp, "port = 5439"));
}

TEST(LocalSettings, QuoteTheFolder) {
  const std::string settings = ServerSettings({1, kGiB, kGiB}, R"(/a, 'b' "c" \d)", std::nullopt);
  EXPECT_TRUE(Has(settings, R"(unix_socket_directories = '"/a, ''b'' ""c"" \\d"')"));
}

TEST(LocalSettings, ThisMachineIsKnown) {
  const Machine machine = ThisMachine("/");
  EXPECT_GE(machine.cores, 1);
  EXPECT_GT(machine.memory_bytes, int64_t{64} << 20);
  EXPECT_GT(machine.free_disk_bytes, 0);
}

}  // namespace
}  // namespace dwh
