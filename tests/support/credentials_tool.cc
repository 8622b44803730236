// credentials_tool [PROFILE]
// Looks for AWS credentials as the programs do; PROFILE stands for the one of dwh.cfg. Prints the
// access key id, never a secret. Exit status 1 with a message if there are none.
#include <iostream>

#include "aws/credentials.h"
#include "aws/environment.h"
#include "aws/settings.h"
#include "base/clock.h"
#include "base/error.h"
#include "net/curl_transport.h"

int main(int argc, char** argv) {
  try {
    dwh::CurlTransport transport;
    const dwh::AwsEnvironment environment =
        dwh::RealAwsEnvironment(transport, dwh::RealClock(), {});
    dwh::AwsConfig config;
    if (argc > 1) config.profile = argv[1];
    const dwh::AwsFiles files(environment);
    const dwh::AwsSettings settings = dwh::ResolveAwsSettings(config, files, environment);
    dwh::CredentialsCache cache(dwh::MakeCredentialsChain(config, settings, files, environment),
                                dwh::RealClock());
    std::cout << cache.Get().access_key_id << '\n';
    return 0;
  } catch (const dwh::Error& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
