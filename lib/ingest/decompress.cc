#include "ingest/decompress.h"

#include <bzlib.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <new>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

/// Compressed bytes read at a time; a guess that keeps a dozen open readers under 1 MiB.
constexpr size_t kInputBytes = 1 << 16;
/// zlib and bzip2 count in unsigned int, so no step is asked for more than this.
constexpr size_t kMaxStepBytes = 1 << 30;

/// What one step did.
struct Step {
  size_t consumed = 0;
  size_t produced = 0;
  bool member_ended = false;
  const char* broken = nullptr;  ///< What the library says is wrong with the data.
};

/// One format. Members (gzip), streams (bzip2) and frames (zstd) are all called members here.
class Codec {
 public:
  Codec() = default;
  Codec(const Codec&) = delete;
  Codec& operator=(const Codec&) = delete;
  virtual ~Codec() = default;
  virtual const char* name() const = 0;
  /// Makes ready for the next member.
  virtual void Begin() = 0;
  virtual Step Run(std::span<const char> input, std::span<char> output) = 0;
};

class GzipCodec : public Codec {
 public:
  GzipCodec() {
    constexpr int kGzipOnly = 16;  // zlib.h, inflateInit2: adds to the window's bits.
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipCodec() override { inflateEnd(&stream_); }
  GzipCodec(const GzipCodec&) = delete;
  GzipCodec& operator=(const GzipCodec&) = delete;

  const char* name() const override { return "gzip"; }
  void Begin() override { inflateReset(&stream_); }
  Step Run(std::span<const char> input, std::span<char> output) override {
    // zlib does not write to its input; the pointer lacks const only without ZLIB_CONST.
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(input.data()));
    stream_.avail_in = static_cast<uInt>(input.size());
    stream_.next_out = reinterpret_cast<Bytef*>(output.data());
    stream_.avail_out = static_cast<uInt>(output.size());
    const int status = inflate(&stream_, Z_NO_FLUSH);
    if (status == Z_MEM_ERROR) throw std::bad_alloc();
    Step step{.consumed = input.size() - stream_.avail_in,
              .produced = output.size() - stream_.avail_out,
              .member_ended = status == Z_STREAM_END};
    // Z_BUF_ERROR only says that there was nothing to do.
    if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) {
      step.broken = stream_.msg != nullptr ? stream_.msg : zError(status);
    }
    return step;
  }

 private:
  z_stream stream_{};
};

class Bzip2Codec : public Codec {
 public:
  Bzip2Codec() { Open(); }
  ~Bzip2Codec() override { BZ2_bzDecompressEnd(&stream_); }
  Bzip2Codec(const Bzip2Codec&) = delete;
  Bzip2Codec& operator=(const Bzip2Codec&) = delete;

  const char* name() const override { return "bzip2"; }
  void Begin() override {
    BZ2_bzDecompressEnd(&stream_);
    Open();
  }
  Step Run(std::span<const char> input, std::span<char> output) override {
    stream_.next_in = const_cast<char*>(input.data());
    stream_.avail_in = static_cast<unsigned>(input.size());
    stream_.next_out = output.data();
    stream_.avail_out = static_cast<unsigned>(output.size());
    const int status = BZ2_bzDecompress(&stream_);
    if (status == BZ_MEM_ERROR) throw std::bad_alloc();
    Step step{.consumed = input.size() - stream_.avail_in,
              .produced = output.size() - stream_.avail_out,
              .member_ended = status == BZ_STREAM_END};
    if (status == BZ_DATA_ERROR_MAGIC) {
      step.broken = "incorrect header";
    } else if (status != BZ_OK && status != BZ_STREAM_END) {
      step.broken = "incorrect data check";
    }
    return step;
  }

 private:
  void Open() {
    stream_ = {};
    if (BZ2_bzDecompressInit(&stream_, 0, 0) != BZ_OK) throw std::bad_alloc();
  }

  bz_stream stream_{};
};

/// Takes windows up to 128 MiB, as `zstd -d` does; what other levels than --ultra write needs 8.
class ZstdCodec : public Codec {
 public:
  ZstdCodec() : stream_(ZSTD_createDStream(), &ZSTD_freeDStream) {
    if (!stream_) throw std::bad_alloc();
  }

  const char* name() const override { return "zstd"; }
  void Begin() override { ZSTD_DCtx_reset(stream_.get(), ZSTD_reset_session_only); }
  Step Run(std::span<const char> input, std::span<char> output) override {
    ZSTD_inBuffer in{input.data(), input.size(), 0};
    ZSTD_outBuffer out{output.data(), output.size(), 0};
    const size_t status = ZSTD_decompressStream(stream_.get(), &out, &in);
    const bool failed = ZSTD_isError(status) != 0;
    return {.consumed = in.pos,
            .produced = out.pos,
            .member_ended = status == 0,
            .broken = failed ? ZSTD_getErrorName(status) : nullptr};
  }

 private:
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream_;
};

class DecompressingReader : public ByteReader {
 public:
  DecompressingReader(std::unique_ptr<ByteReader> inner, std::unique_ptr<Codec> codec,
                      std::string key)
      : inner_(std::move(inner)), codec_(std::move(codec)), key_(std::move(key)) {}

  size_t Read(std::span<char> buffer) override {
    size_t filled = 0;
    while (filled < buffer.size()) {
      if (input_.empty() && !input_ended_) Refill();
      if (input_.empty() && !in_member_) break;
      if (!std::exchange(in_member_, true)) codec_->Begin();
      std::span<char> room = buffer.subspan(filled);
      room = room.first(std::min(room.size(), kMaxStepBytes));
      const Step step = codec_->Run(input_, room);
      Check(step);
      input_ = input_.subspan(step.consumed);
      filled += step.produced;
      in_member_ = !step.member_ended;
    }
    return filled;
  }

 private:
  void Refill() {
    const size_t got = inner_->Read(buffer_);
    input_ = std::span<const char>(buffer_).first(got);
    input_ended_ = got == 0;
  }

  void Check(const Step& step) const {
    if (step.broken != nullptr) {
      throw Error(ErrorKind::kRejected,
                  StrCat("cannot decompress ", key_, ": not valid ", codec_->name(),
                         " data: ", step.broken),
                  "Check that the object is compressed the way the COPY statement says, and that "
                  "nothing follows the compressed data; if so, compress and store it again.");
    }
    if (step.consumed == 0 && step.produced == 0 && !step.member_ended) {
      throw Error(
          ErrorKind::kRejected,
          StrCat("cannot decompress ", key_, ": the ", codec_->name(), " data end too early"),
          "The object is incomplete; store it again.");
    }
  }

  std::unique_ptr<ByteReader> inner_;
  std::unique_ptr<Codec> codec_;
  std::string key_;
  std::array<char, kInputBytes> buffer_{};
  std::span<const char> input_;  ///< What is left of buffer_.
  bool input_ended_ = false;
  bool in_member_ = false;
};

std::unique_ptr<Codec> MakeCodec(Compression compression) {
  if (compression == Compression::kGzip) return std::make_unique<GzipCodec>();
  if (compression == Compression::kBzip2) return std::make_unique<Bzip2Codec>();
  return std::make_unique<ZstdCodec>();
}

}  // namespace

std::unique_ptr<ByteReader> Decompress(std::unique_ptr<ByteReader> inner, Compression compression,
                                       std::string key) {
  if (compression == Compression::kNone) return inner;
  return std::make_unique<DecompressingReader>(std::move(inner), MakeCodec(compression),
                                               std::move(key));
}

}  // namespace dwh
