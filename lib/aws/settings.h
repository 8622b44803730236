#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "aws/environment.h"
#include "base/secret.h"
#include "net/uri.h"

namespace dwh {

/// What dwh.cfg says of AWS; everything may be empty.
struct AwsConfig {
  std::string key;
  Secret secret;
  Secret session_token;
  std::string profile;
  std::string region;
  std::string endpoint_url;
};

/// A profile's keys (facts, section 2.2). Keys are lower case; an indented sub-map's key is
/// "s3.addressing_style".
using AwsProfile = std::map<std::string, std::string>;

/// The profile's value; empty if the key is not there or `profile` is null.
std::string ProfileValue(const AwsProfile* profile, const std::string& key);

/// The shared files, read once: ~/.aws/credentials and ~/.aws/config, or what
/// AWS_SHARED_CREDENTIALS_FILE and AWS_CONFIG_FILE name. Files that do not exist are empty. Throws
/// Error(kUsage), naming file and line but never what the line holds, for what is no INI file.
class AwsFiles {
 public:
  explicit AwsFiles(const AwsEnvironment& environment);

  /// The keys of the credentials file over those of the config file; nullptr if neither has it.
  const AwsProfile* FindProfile(const std::string& name) const;
  /// The profile as one file alone has it: static keys rank by the file they stand in.
  const AwsProfile* FindInCredentialsFile(const std::string& name) const;
  const AwsProfile* FindInConfigFile(const std::string& name) const;
  const AwsProfile* FindSsoSession(const std::string& name) const;
  const AwsProfile* FindServices(const std::string& name) const;

  /// For messages: "~/.aws/credentials", or what the variable says.
  const std::string& credentials_name() const { return credentials_name_; }
  const std::string& config_name() const { return config_name_; }

 private:
  using Sections = std::map<std::string, AwsProfile>;

  std::string credentials_name_;
  std::string config_name_;
  Sections credentials_;
  Sections config_;
  Sections profiles_;
  Sections sso_sessions_;
  Sections services_;
};

/// A setting and where it stands, for messages: "AWS_REGION", "region of profile dev".
struct AwsSetting {
  std::string value;  ///< Empty if it is nowhere.
  std::string source;
};

/// The variable, or else the profile's key.
AwsSetting FindSetting(const AwsEnvironment& environment, const AwsFiles& files,
                       const std::string& profile, const std::string& variable,
                       const std::string& key);
/// Is it "true", in any case?
bool IsTrue(const AwsSetting& setting);
/// `fallback` if the setting is empty. Throws Error(kUsage) naming the source if it is no whole
/// number from 1 on.
int PositiveNumber(const AwsSetting& setting, int fallback);
/// Throws Error(kUsage) naming the source if it is no URL of http or https.
Uri CheckedUri(const AwsSetting& setting);

/// Where a bucket stands in a URL: in the host's name or in the path. kAuto: in the host's name,
/// unless the name does not fit there or the endpoint is not AWS's own.
enum class S3Addressing { kAuto, kPath, kVirtual };

/// How to reach and ask AWS (facts, sections 2.3 to 2.5).
struct AwsSettings {
  std::string profile;  ///< "default" if none is named.
  std::string region;
  std::filesystem::path ca_bundle;  ///< Empty: the system's.
  int max_attempts = 3;             ///< Counts the first try.
  /// For S3, where one run makes thousands of calls that change nothing: more patience, unless the
  /// user sets it.
  int s3_max_attempts = 8;
  S3Addressing s3_addressing = S3Addressing::kAuto;
  bool fips = false;  ///< Endpoints that are validated under FIPS 140.
  /// The endpoint override of a service by its id ("redshift", "iam", ...), key "" for all; the
  /// order of facts 2.4 is already applied.
  std::map<std::string, std::string> endpoints;

  /// "https://redshift.us-west-2.amazonaws.com", or the override without a "/" at its end.
  std::string Endpoint(const std::string& service) const;
  /// The region that requests of the service are signed for: IAM is global.
  std::string SigningRegion(const std::string& service) const;
  /// "aws", "aws-cn", "aws-us-gov", "aws-eusc".
  std::string Partition() const;
};

/// Throws Error(kUsage) if a profile is named that does not exist, if no region is known, for a
/// region, URL or number that is none, and for what this client cannot do (dual-stack endpoints);
/// the message names the source. The retry mode is checked, but every mode means the same here:
/// "standard".
AwsSettings ResolveAwsSettings(const AwsConfig& config, const AwsFiles& files,
                               const AwsEnvironment& environment);

}  // namespace dwh
