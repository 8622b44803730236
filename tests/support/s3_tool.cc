// The S3 client for the Python tests. Settings and credentials come from the environment.
//   s3_tool list s3://BUCKET/PREFIX         one JSON object a line: key, size, etag
//   s3_tool cat s3://BUCKET/PREFIX          all objects' bytes, in the order of their keys
//   s3_tool head|get s3://BUCKET/KEY
//   s3_tool put s3://BUCKET/KEY <BODY
//   s3_tool delete BUCKET <KEYS, one JSON string a line
// S3_TOOL_STALL_MS and S3_TOOL_CONNECTIONS change what S3::Options has.
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "ingest/object_list.h"
#include "ingest/s3_source.h"
#include "net/curl_streams.h"

namespace dwh {
namespace {

std::string Variable(const char* name, const std::string& fallback) {
  const char* const value = std::getenv(name);
  return value == nullptr ? fallback : value;
}

std::unique_ptr<S3> MakeS3(const AwsSession& session) {
  S3::Options options;
  options.settings = session.settings();
  options.credentials = session.credentials();
  options.make_streams = [](size_t most) { return std::make_unique<CurlStreams>(most); };
  options.clock = &RealClock();
  options.stall_timeout =
      std::chrono::milliseconds(std::stol(Variable("S3_TOOL_STALL_MS", "30000")));
  options.max_connections = std::stoul(Variable("S3_TOOL_CONNECTIONS", "64"));
  return std::make_unique<S3>(std::move(options));
}

std::pair<std::string, std::string> Name(const std::string& url) {
  const size_t slash = url.find('/', 5);
  return {url.substr(5, slash - 5), url.substr(slash + 1)};
}

void Print(const S3Object& object) {
  std::cout << nlohmann::json{{"key", object.key}, {"size", object.size}, {"etag", object.etag}}
            << "\n";
}

void Cat(std::unique_ptr<S3> s3, const std::string& prefix) {
  const auto source = MakeS3Source(std::move(s3));
  ObjectList objects;
  source->List(prefix, [&](const ObjectInfo& object) { objects.Add(object); });
  objects.SortByKey();
  const auto sequence = source->OpenAll(objects);
  std::string buffer(1 << 16, '\0');
  while (const auto reader = sequence->Next()) {
    while (const size_t got = reader->Read(buffer)) {
      std::cout.write(buffer.data(), static_cast<std::streamsize>(got));
    }
  }
}

void Run(const std::string& verb, const std::string& target) {
  const AwsSession session({}, RealClock(), nullptr);
  std::unique_ptr<S3> s3 = MakeS3(session);
  if (verb == "cat") return Cat(std::move(s3), target);
  if (verb == "delete") {
    std::vector<std::string> keys;
    for (std::string line; std::getline(std::cin, line);) {
      keys.push_back(nlohmann::json::parse(line));
    }
    return s3->Delete(target, keys);
  }
  const auto [bucket, key] = Name(target);
  if (verb == "list") return s3->List(bucket, key, Print);
  if (verb == "get") {
    std::cout << s3->Get(bucket, key, size_t{64} << 20);
  } else if (verb == "head") {
    if (const auto object = s3->Head(bucket, key)) Print(*object);
  } else if (verb == "put") {
    s3->Put(bucket, key, {std::istreambuf_iterator<char>(std::cin), {}});
  } else {
    throw Error(ErrorKind::kUsage, "no such verb: " + verb);
  }
}

}  // namespace
}  // namespace dwh

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  dwh::InstallInterruptHandlers();
  dwh::SetLogSink([](dwh::LogLevel, std::string_view text) { std::cerr << text << "\n"; },
                  dwh::LogLevel::kInfo);
  try {
    dwh::Run(argv[1], argv[2]);
    return 0;
  } catch (const dwh::Error& error) {
    std::cerr << "error: " << error.what() << "\nhint: " << error.hint() << "\n";
    return 1;
  }
}
