#include "base/digest.h"

#include <gtest/gtest.h>

#include <array>
#include <thread>
#include <vector>

namespace dwh {
namespace {

TEST(Digest, Sha256OfTheStandardsExamples) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(Sha256Hex(std::string(1'000'000, 'a')),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Digest, Sha256TakesAnyBytes) {
  EXPECT_EQ(Sha256Hex(std::string_view("\0", 1)),
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

// RFC 4231, test cases 1, 2 and 6: the key shorter and longer than a block.
TEST(Digest, HmacOfTheRfcsExamples) {
  EXPECT_EQ(HexText(HmacSha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(HexText(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(HexText(HmacSha256(std::string(131, '\xaa'),
                               "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, HmacWithAKeyOfExactlyOneBlockDiffersFromOneByteMore) {
  const std::string block(64, 'k');
  EXPECT_EQ(HmacSha256(block, "x"), HmacSha256(block, "x"));
  EXPECT_NE(HmacSha256(block, "x"), HmacSha256(block + "k", "x"));
  // A longer key counts as its digest.
  EXPECT_EQ(HmacSha256(block + "k", "x"), HmacSha256(AsBytes(Sha256(block + "k")), "x"));
}

TEST(Digest, Sha1) {
  EXPECT_EQ(Sha1Hex("abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(Sha1Hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST(Digest, HexTextOfEveryKindOfByte) {
  EXPECT_EQ(HexText(""), "");
  EXPECT_EQ(HexText(std::string_view("\x00\x0f\xf0\xff", 4)), "000ff0ff");
}

TEST(Digest, ThreadsDoNotDisturbOneAnother) {
  std::array<bool, 4> right{};
  std::vector<std::thread> threads;
  threads.reserve(right.size());
  for (size_t t = 0; t < right.size(); ++t) {
    threads.emplace_back([&right, t] {
      const std::string text(t * 50, 'a');
      const std::string expected = Sha256Hex(text);
      right.at(t) = true;
      for (int i = 0; i < 500; ++i) right.at(t) = right.at(t) && Sha256Hex(text) == expected;
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const bool each : right) EXPECT_TRUE(each);
}

TEST(Base64Text, Rfc4648Vectors) {
  EXPECT_EQ(Base64Text(""), "");
  EXPECT_EQ(Base64Text("f"), "Zg==");
  EXPECT_EQ(Base64Text("fo"), "Zm8=");
  EXPECT_EQ(Base64Text("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64Text(std::string_view("\xFF\x00\xFB", 3)), "/wD7");
}

}  // namespace
}  // namespace dwh
