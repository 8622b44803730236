#include "aws/settings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>

#include "base/error.h"
#include "base/text.h"
#include "net/uri.h"

namespace dwh {
namespace {

/// A partition of AWS (facts, section 2.4): regions belong to one by how their names begin.
struct PartitionFacts {
  std::string_view region_prefix;
  std::string_view name;
  std::string_view suffix;
  std::string_view iam_host;
  std::string_view iam_region;
};

constexpr std::array kPartitions = {
    PartitionFacts{"cn-", "aws-cn", "amazonaws.com.cn", "iam.cn-north-1", "cn-north-1"},
    PartitionFacts{"us-gov-", "aws-us-gov", "amazonaws.com", "iam.us-gov", "us-gov-west-1"},
    PartitionFacts{"eusc-", "aws-eusc", "amazonaws.eu", "iam.eusc-de-east-1", "eusc-de-east-1"},
    PartitionFacts{"", "aws", "amazonaws.com", "iam", "us-east-1"},
};

const PartitionFacts& PartitionOf(std::string_view region) {
  return *std::find_if(kPartitions.begin(), kPartitions.end() - 1, [&](const PartitionFacts& one) {
    return region.starts_with(one.region_prefix);
  });
}

/// The services this client may ask, by the ids that overrides are found by.
constexpr std::array kServices = {
    "redshift", "redshift-serverless", "redshift-data", "iam", "ec2", "sts", "s3", "sso",
    "sso-oidc"};

/// The first label of a service's host, where it is not the service's id.
std::string HostLabel(const std::string& service) {
  if (service == "sso") return "portal.sso";
  if (service == "sso-oidc") return "oidc";
  return service;
}

/// In GovCloud the ordinary endpoints of these are the validated ones.
bool IsAlwaysValidated(const std::string& service, const PartitionFacts& partition) {
  return partition.name == "aws-us-gov" &&
         (service == "iam" || service == "ec2" || service == "sts");
}

std::string UnderScored(std::string text) {
  std::replace(text.begin(), text.end(), '-', '_');
  return text;
}

/// What one resolution looks at.
struct Sources {
  const AwsEnvironment& environment;
  const AwsFiles& files;
  const std::string& profile;

  AwsSetting Find(const std::string& variable, const std::string& key) const {
    return FindSetting(environment, files, profile, variable, key);
  }
};

std::string CheckedEndpoint(const AwsSetting& setting) {
  if (!CheckedUri(setting).query.empty()) {
    throw Error(ErrorKind::kUsage, StrCat(setting.source, " is no endpoint: it holds a query"));
  }
  std::string url = setting.value;
  while (url.ends_with('/')) url.pop_back();
  return url;
}

/// The override of each service (facts, section 2.4): a variable for all services beats an entry of
/// the files for one.
std::map<std::string, std::string> FindEndpoints(const AwsConfig& config, const Sources& sources) {
  if (!config.endpoint_url.empty()) {
    return {{"", CheckedEndpoint({config.endpoint_url, "ENDPOINT_URL of dwh.cfg"})}};
  }
  std::map<std::string, std::string> endpoints;
  const auto add = [&](const std::string& service, const AwsSetting& setting) {
    if (!setting.value.empty()) endpoints.try_emplace(service, CheckedEndpoint(setting));
  };
  if (IsTrue(
          sources.Find("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))) {
    return endpoints;
  }
  const auto variable = [&](const std::string& name) {
    return AwsSetting{sources.environment.Variable(name), name};
  };
  for (const char* const service : kServices) {
    add(service, variable("AWS_ENDPOINT_URL_" + ToUpper(UnderScored(service))));
  }
  add("", variable("AWS_ENDPOINT_URL"));
  if (endpoints.contains("")) return endpoints;

  const AwsProfile* const profile = sources.files.FindProfile(sources.profile);
  const std::string name = ProfileValue(profile, "services");
  const AwsProfile* const services = sources.files.FindServices(name);
  if (!name.empty() && services == nullptr) {
    throw Error(ErrorKind::kUsage, StrCat("profile ", sources.profile, " names services '", name,
                                          "', but there is no [services ", name, "]"));
  }
  for (const char* const service : kServices) {
    const std::string key = UnderScored(service) + ".endpoint_url";
    add(service, {ProfileValue(services, key), StrCat(key, " of [services ", name, "]")});
  }
  add("",
      {ProfileValue(profile, "endpoint_url"), StrCat("endpoint_url of profile ", sources.profile)});
  return endpoints;
}

std::string FindRegion(const AwsConfig& config, const Sources& sources) {
  AwsSetting region{config.region, "REGION of dwh.cfg"};
  if (region.value.empty()) region = sources.Find("AWS_REGION", "");
  if (region.value.empty()) region = sources.Find("AWS_DEFAULT_REGION", "region");
  if (region.value.empty()) {
    throw Error(ErrorKind::kUsage, "no AWS region is set",
                StrCat("Set REGION in [AWS] of dwh.cfg, or AWS_REGION, or region in profile ",
                       sources.profile, " of the AWS config file."));
  }
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789-";
  if (region.value.find_first_not_of(kAllowed) != std::string::npos) {
    throw Error(ErrorKind::kUsage,
                StrCat(region.source, " is no name of a region: '", region.value, "'"),
                "Names look like us-west-2.");
  }
  return region.value;
}

std::string FindProfileName(const AwsConfig& config, const AwsFiles& files,
                            const AwsEnvironment& environment) {
  AwsSetting name{config.profile, "PROFILE of dwh.cfg"};
  for (const char* const variable : {"AWS_DEFAULT_PROFILE", "AWS_PROFILE"}) {
    if (name.value.empty()) name = {environment.Variable(variable), variable};
  }
  if (name.value.empty()) return "default";
  if (files.FindProfile(name.value) == nullptr) {
    throw Error(ErrorKind::kUsage,
                StrCat(name.source, " names the profile '", name.value,
                       "', which the AWS config and credentials files do not have"),
                "`aws configure list-profiles` lists those that exist.");
  }
  return name.value;
}

S3Addressing FindS3Addressing(const Sources& sources) {
  const AwsSetting style{
      ProfileValue(sources.files.FindProfile(sources.profile), "s3.addressing_style"),
      "s3 addressing_style of profile " + sources.profile};
  if (style.value.empty() || style.value == "auto") return S3Addressing::kAuto;
  if (style.value == "path") return S3Addressing::kPath;
  if (style.value == "virtual") return S3Addressing::kVirtual;
  throw Error(ErrorKind::kUsage, StrCat(style.source, " is not known: '", style.value, "'"),
              "The styles are auto, path and virtual.");
}

void CheckRetryMode(const AwsSetting& mode) {
  for (const char* const known : {"", "legacy", "standard", "adaptive"}) {
    if (mode.value == known) return;
  }
  throw Error(ErrorKind::kUsage, StrCat(mode.source, " is no retry mode: '", mode.value, "'"),
              "The modes are legacy, standard and adaptive.");
}

}  // namespace

AwsSetting FindSetting(const AwsEnvironment& environment, const AwsFiles& files,
                       const std::string& profile, const std::string& variable,
                       const std::string& key) {
  AwsSetting setting{environment.Variable(variable), variable};
  if (!setting.value.empty()) return setting;
  return {ProfileValue(files.FindProfile(profile), key), StrCat(key, " of profile ", profile)};
}

bool IsTrue(const AwsSetting& setting) { return ToLower(setting.value) == "true"; }

int PositiveNumber(const AwsSetting& setting, int fallback) {
  const std::string& text = setting.value;
  if (text.empty()) return fallback;
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 1) {
    throw Error(ErrorKind::kUsage,
                StrCat(setting.source, " is no whole number from 1 on: '", text, "'"));
  }
  return number;
}

Uri CheckedUri(const AwsSetting& setting) {
  try {
    return ParseUri(setting.value);
  } catch (const Error& error) {
    throw Error(ErrorKind::kUsage, StrCat(setting.source, ": ", error.what()), error.hint());
  }
}

std::string AwsSettings::Endpoint(const std::string& service) const {
  for (const std::string& key : {service, std::string()}) {
    const auto found = endpoints.find(key);
    if (found != endpoints.end()) return found->second;
  }
  const PartitionFacts& partition = PartitionOf(region);
  std::string host = HostLabel(service);
  if (service == "iam") host = partition.iam_host;
  if (fips && !IsAlwaysValidated(service, partition)) host += "-fips";
  if (service != "iam") host += "." + region;
  return StrCat("https://", host, ".", partition.suffix);
}

std::string AwsSettings::SigningRegion(const std::string& service) const {
  return service == "iam" ? std::string(PartitionOf(region).iam_region) : region;
}

std::string AwsSettings::Partition() const { return std::string(PartitionOf(region).name); }

AwsSettings ResolveAwsSettings(const AwsConfig& config, const AwsFiles& files,
                               const AwsEnvironment& environment) {
  AwsSettings settings;
  settings.profile = FindProfileName(config, files, environment);
  const Sources sources{environment, files, settings.profile};
  settings.region = FindRegion(config, sources);
  settings.ca_bundle = sources.Find("AWS_CA_BUNDLE", "ca_bundle").value;
  const AwsSetting attempts = sources.Find("AWS_MAX_ATTEMPTS", "max_attempts");
  settings.max_attempts = PositiveNumber(attempts, settings.max_attempts);
  settings.s3_max_attempts = PositiveNumber(attempts, settings.s3_max_attempts);
  settings.s3_addressing = FindS3Addressing(sources);
  CheckRetryMode(sources.Find("AWS_RETRY_MODE", "retry_mode"));
  settings.fips = IsTrue(sources.Find("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"));
  const AwsSetting dual_stack =
      sources.Find("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  if (IsTrue(dual_stack)) {
    throw Error(
        ErrorKind::kUsage,
        StrCat(dual_stack.source, " is set, but dual-stack endpoints are not supported"),
        "Unset it, and give the endpoints by AWS_ENDPOINT_URL_<SERVICE> if IPv6 is needed.");
  }
  settings.endpoints = FindEndpoints(config, sources);
  return settings;
}

}  // namespace dwh
