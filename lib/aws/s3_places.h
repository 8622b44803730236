#pragma once

#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "aws/settings.h"

namespace dwh {

/// What all calls learn about buckets and credentials. Thread-safe.
class S3Places {
 public:
  struct Place {
    std::string region;
    std::string url;  ///< Without a "/" at its end.
  };

  explicit S3Places(AwsSettings settings) : settings_(std::move(settings)) {}

  /// Where a bucket is, as far as is known. Throws Error(kUsage) for a name that is none.
  Place Find(const std::string& bucket);
  void SetRegion(const std::string& bucket, const std::string& region);
  /// No credentials were found: requests are not signed.
  void SetAnonymous();
  bool anonymous() const;
  const AwsSettings& settings() const { return settings_; }

 private:
  Place MakePlace(const std::string& bucket, const std::string& region) const;

  const AwsSettings settings_;
  mutable std::mutex mutex_;
  std::map<std::string, Place> places_;
  bool anonymous_ = false;
};

}  // namespace dwh
