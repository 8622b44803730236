#include "ingest/decompress.h"

#include <bzlib.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <random>

#include "expect_error.h"

namespace dwh {
namespace {

/// A text handed out in pieces of a given size, as a network does.
class Pieces : public ByteReader {
 public:
  Pieces(std::string text, size_t piece) : text_(std::move(text)), piece_(piece) {}
  size_t Read(std::span<char> buffer) override {
    const size_t got = std::min({piece_, buffer.size(), text_.size() - at_});
    std::copy_n(text_.data() + at_, got, buffer.data());
    at_ += got;
    return got;
  }

 private:
  std::string text_;
  size_t piece_;
  size_t at_ = 0;
};

std::string Gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string Bzip2(const std::string& text) {
  auto length = static_cast<unsigned>(text.size() + text.size() / 100 + 600);
  std::string packed(length, '\0');
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(packed.data(), &length, const_cast<char*>(text.data()),
                                     static_cast<unsigned>(text.size()), 9, 0, 0),
            BZ_OK);
  packed.resize(length);
  return packed;
}

std::string Zstd(const std::string& text) {
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 3));
  return packed;
}

std::string Unpack(const std::string& packed, Compression compression, size_t piece = 1 << 20,
                   size_t room = 1 << 20) {
  const std::unique_ptr<ByteReader> reader =
      Decompress(std::make_unique<Pieces>(packed, piece), compression, "s3://b/k");
  std::string text;
  std::string buffer(room, '\0');
  while (const size_t got = reader->Read(buffer)) text.append(buffer, 0, got);
  EXPECT_EQ(reader->Read(buffer), 0U) << "the end is the end";
  return text;
}

/// Half noise, half repetition, so that every format makes several blocks of it.
std::string Sample(size_t bytes) {
  std::mt19937 random(7);
  std::string text(bytes, 'x');
  for (size_t i = 0; i < bytes; ++i) {
    if (i / 1000 % 2 == 0) text[i] = static_cast<char>(random());
  }
  return text;
}

struct Format {
  Compression compression;
  const char* name;
  std::string (*pack)(const std::string&);
};

class DecompressTest : public testing::TestWithParam<Format> {
 protected:
  static void ExpectRejected(const std::string& packed, std::string_view reason) {
    for (const size_t piece : {size_t{1}, size_t{1} << 20U}) {
      const std::string message = ErrorMessage(
          ErrorKind::kRejected, [&] { Unpack(packed, GetParam().compression, piece); });
      EXPECT_EQ(message.find("cannot decompress s3://b/k: "), 0U) << message;
      EXPECT_NE(message.find(reason), std::string::npos) << message;
      EXPECT_NE(message.find(GetParam().name), std::string::npos) << message;
    }
  }
  static std::string Pack(const std::string& text) { return GetParam().pack(text); }
};

TEST_P(DecompressTest, WhatWasPackedComesBackInPiecesOfAnySize) {
  const std::string text = Sample(300'000);
  const std::string packed = Pack(text);
  EXPECT_EQ(Unpack(packed, GetParam().compression), text);
  EXPECT_EQ(Unpack(packed, GetParam().compression, 1), text);
  EXPECT_EQ(Unpack(packed, GetParam().compression, 4096, 1), text);
  EXPECT_EQ(Unpack(packed, GetParam().compression, 65536, 997), text);
}

TEST_P(DecompressTest, MembersFollowOneAnother) {
  const std::string packed = Pack("one\n") + Pack("") + Pack(Sample(100'000)) + Pack("three");
  const std::string expected = "one\n" + Sample(100'000) + "three";
  for (const size_t piece : {size_t{1}, size_t{7}, size_t{1} << 20U}) {
    EXPECT_EQ(Unpack(packed, GetParam().compression, piece), expected) << piece;
  }
}

TEST_P(DecompressTest, SmallInputGrowsLarge) {
  const std::string text(5'000'000, ' ');
  EXPECT_EQ(Unpack(Pack(text), GetParam().compression, 100, 1 << 16), text);
}

TEST_P(DecompressTest, NoBytesAreNoData) {
  EXPECT_EQ(Unpack("", GetParam().compression), "");
  EXPECT_EQ(Unpack(Pack(""), GetParam().compression), "");
}

TEST_P(DecompressTest, EveryTruncationIsReported) {
  const std::string packed = Pack("{\"ts\": 1541105830796}\n");
  for (size_t length = 1; length < packed.size(); ++length) {
    SCOPED_TRACE(length);
    ExpectRejected(packed.substr(0, length), "end too early");
    ExpectRejected(packed + packed.substr(0, length), "end too early");
  }
  const std::string large = Pack(Sample(300'000));
  ExpectRejected(large.substr(0, large.size() / 2), "end too early");
}

TEST_P(DecompressTest, WhatFollowsTheLastMemberIsAnError) {
  const std::string packed = Pack("text");
  ExpectRejected(packed + "garbage after the data", "not valid");
  ExpectRejected(packed + std::string(512, '\0'), "not valid");
  EXPECT_THROW(Unpack(packed + "\n", GetParam().compression), Error);
}

TEST_P(DecompressTest, OtherDataAreAnError) {
  ExpectRejected(R"({"artist": "not compressed"})", "not valid");
  ExpectRejected(std::string(1000, '\0'), "not valid");
}

// zstd alone has no check in its frames as written here, so only the others must notice all.
TEST_P(DecompressTest, ADamagedByteNeverCrashesAndNeverPassesAChecksum) {
  const std::string text = Sample(5'000);
  const std::string packed = Pack(text);
  for (size_t at = 0; at < packed.size(); at += 13) {
    std::string damaged = packed;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x20);
    try {
      const std::string got = Unpack(damaged, GetParam().compression);
      const bool header_only = got == text;  // The gzip header's time and name may change freely.
      EXPECT_TRUE(header_only || GetParam().compression == Compression::kZstd) << at;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kRejected);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, DecompressTest,
                         testing::Values(Format{Compression::kGzip, "gzip", &Gzip},
                                         Format{Compression::kBzip2, "bzip2", &Bzip2},
                                         Format{Compression::kZstd, "zstd", &Zstd}),
                         [](const auto& tested) { return tested.param.name; });

TEST(Decompress, GzipTakesNoZlibStream) {
  const std::string text = "text";
  std::string packed(100, '\0');
  uLongf length = packed.size();
  ASSERT_EQ(compress(reinterpret_cast<Bytef*>(packed.data()), &length,
                     reinterpret_cast<const Bytef*>(text.data()), text.size()),
            Z_OK);
  packed.resize(length);
  EXPECT_THROW(Unpack(packed, Compression::kGzip), Error);
}

TEST(Decompress, NoCompressionGivesTheReaderBack) {
  auto inner = std::make_unique<Pieces>("abc", 10);
  const ByteReader* const address = inner.get();
  EXPECT_EQ(Decompress(std::move(inner), Compression::kNone, "k").get(), address);
}

}  // namespace
}  // namespace dwh
