// Requests signed a second, by one thread, with the signing key of the day at hand:
//   build/dev/bench/signing_bench

#include <benchmark/benchmark.h>

#include <chrono>

#include "aws/sigv4.h"

namespace {

dwh::WallTime BenchTime() { return dwh::WallTime(std::chrono::seconds(1'440'938'160)); }

dwh::AwsCredentials Credentials(size_t token_length) {
  dwh::AwsCredentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = dwh::Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
  credentials.session_token = dwh::Secret(std::string(token_length, 't'));
  return credentials;
}

void SignAgain(benchmark::State& state, dwh::HttpRequest request, size_t token_length,
               const dwh::SigningScope& scope, const dwh::SigningOptions& options) {
  dwh::Signer signer;
  const dwh::AwsCredentials credentials = Credentials(token_length);
  while (state.KeepRunning()) {
    signer.Sign(request, credentials, scope, BenchTime(), options);
    benchmark::DoNotOptimize(request.headers.data());
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

void BM_SignDescribeClusters(benchmark::State& state) {
  dwh::HttpRequest request;
  request.method = "POST";
  request.url = "https://redshift.us-west-2.amazonaws.com/";
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  request.body = "Action=DescribeClusters&Version=2012-12-01&ClusterIdentifier=dwh";
  SignAgain(state, request, 0, {"us-west-2", "redshift"}, {});
}
BENCHMARK(BM_SignDescribeClusters);

void BM_SignS3Get(benchmark::State& state) {
  dwh::HttpRequest request;
  request.url = "https://bucket.s3.us-west-2.amazonaws.com/song_data/A/B/C/TRABCEI128F424C983.json";
  SignAgain(state, request, 0, {"us-west-2", "s3"},
            {.s3 = true, .sign_body = false, .payload_hash = {}});
}
BENCHMARK(BM_SignS3Get);

/// With a session token of the usual length, which is most of what is hashed.
void BM_SignS3GetWithToken(benchmark::State& state) {
  dwh::HttpRequest request;
  request.url = "https://bucket.s3.us-west-2.amazonaws.com/song_data/A/B/C/TRABCEI128F424C983.json";
  SignAgain(state, request, 1000, {"us-west-2", "s3"},
            {.s3 = true, .sign_body = false, .payload_hash = {}});
}
BENCHMARK(BM_SignS3GetWithToken);

}  // namespace

BENCHMARK_MAIN();
