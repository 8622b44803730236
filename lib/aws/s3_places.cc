#include "aws/s3_places.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/text.h"
#include "net/uri.h"

namespace dwh {
namespace {

bool IsNameLetter(char c) { return IsLetter(c) || IsDigit(c) || c == '.' || c == '-' || c == '_'; }

/// Can the name stand in a host's, under AWS's certificate for *.s3.<region>.amazonaws.com? Names
/// with a dot cannot, nor those of old that no host may have (facts, section 2.4).
bool FitsHost(const std::string& bucket) {
  return std::all_of(bucket.begin(), bucket.end(),
                     [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
}

void CheckBucket(const std::string& bucket) {
  constexpr size_t kShortest = 3;
  constexpr size_t kLongest = 255;
  if (bucket.size() >= kShortest && bucket.size() <= kLongest &&
      std::all_of(bucket.begin(), bucket.end(), IsNameLetter)) {
    return;
  }
  throw Error(ErrorKind::kUsage, StrCat("not the name of a bucket: ", JsonQuote(bucket)),
              "Write s3://bucket/key, with the bucket's name as S3 lists it.");
}

}  // namespace

S3Places::Place S3Places::Find(const std::string& bucket) {
  const std::lock_guard lock(mutex_);
  const auto known = places_.find(bucket);
  if (known != places_.end()) return known->second;
  CheckBucket(bucket);
  return places_.emplace(bucket, MakePlace(bucket, settings_.region)).first->second;
}

void S3Places::SetRegion(const std::string& bucket, const std::string& region) {
  const std::lock_guard lock(mutex_);
  places_[bucket] = MakePlace(bucket, region);
}

S3Places::Place S3Places::MakePlace(const std::string& bucket, const std::string& region) const {
  AwsSettings there = settings_;
  there.region = region;
  const std::string endpoint = there.Endpoint("s3");
  const bool own = settings_.endpoints.contains("s3") || settings_.endpoints.contains("");
  const bool in_host = FitsHost(bucket) && settings_.s3_addressing != S3Addressing::kPath &&
                       (!own || settings_.s3_addressing == S3Addressing::kVirtual);
  if (!in_host) return {region, StrCat(endpoint, "/", bucket)};
  Uri uri = ParseUri(endpoint);
  uri.host = StrCat(bucket, ".", uri.host);
  std::string url = uri.Text();
  while (url.ends_with('/')) url.pop_back();
  return {region, std::move(url)};
}

void S3Places::SetAnonymous() {
  const std::lock_guard lock(mutex_);
  anonymous_ = true;
}

bool S3Places::anonymous() const {
  const std::lock_guard lock(mutex_);
  return anonymous_;
}

}  // namespace dwh
