// From JSON to the bytes of a binary COPY, without files and without a server:
//   build/dev/bench/records_bench

#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <vector>

#include "ingest/column.h"
#include "ingest/record_frames.h"
#include "ingest/record_parser.h"
#include "ingest/row_encoder.h"

namespace {

/// An event as the public data have them.
constexpr std::string_view kEvent =
    R"({"artist":"Bj\u00f6rk","auth":"Logged In","firstName":"Kaylee","gender":"F",)"
    R"("itemInSession":17,"lastName":"Summers","length":248.81587,"level":"free",)"
    R"("location":"Phoenix-Mesa-Scottsdale, AZ","method":"PUT","page":"NextSong",)"
    R"("registration":1540344794796.0,"sessionId":139,"song":"You Gotta Be","status":200,)"
    R"("ts":1541106106796,"userAgent":"\"Mozilla\/5.0 (Windows NT 6.1; WOW64) )"
    R"(AppleWebKit\/537.36 (KHTML, like Gecko) Chrome\/35.0.1916.153 Safari\/537.36\"",)"
    R"("userId":"8"})";

struct Field {
  const char* key;
  dwh::ColumnType type;
};

constexpr std::array<Field, 18> kFields = {{
    {"artist", dwh::ColumnType::kVarchar},
    {"auth", dwh::ColumnType::kVarchar},
    {"firstName", dwh::ColumnType::kVarchar},
    {"gender", dwh::ColumnType::kVarchar},
    {"itemInSession", dwh::ColumnType::kInteger},
    {"lastName", dwh::ColumnType::kVarchar},
    {"length", dwh::ColumnType::kDouble},
    {"level", dwh::ColumnType::kVarchar},
    {"location", dwh::ColumnType::kVarchar},
    {"method", dwh::ColumnType::kVarchar},
    {"page", dwh::ColumnType::kVarchar},
    {"registration", dwh::ColumnType::kDouble},
    {"sessionId", dwh::ColumnType::kBigInt},
    {"song", dwh::ColumnType::kVarchar},
    {"status", dwh::ColumnType::kInteger},
    {"ts", dwh::ColumnType::kTimestamp},
    {"userAgent", dwh::ColumnType::kVarchar},
    {"userId", dwh::ColumnType::kInteger},
}};

dwh::RecordParser::Options ParserOptions() {
  dwh::RecordParser::Options options;
  for (const Field& field : kFields) options.paths.push_back({std::string(field.key)});
  return options;
}

dwh::RowEncoder MakeEncoder() {
  std::vector<dwh::Column> columns;
  for (const Field& field : kFields) {
    dwh::Column column;
    column.name = field.key;
    column.type = field.type;
    column.length = 2048;
    columns.push_back(column);
  }
  dwh::CopyOptions options;
  options.timeformat = "epochmillisecs";
  return {columns, options};
}

std::string Padded() { return std::string(kEvent) + std::string(dwh::kRecordPadding, ' '); }

void CountBytes(benchmark::State& state) {
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * kEvent.size()));
}

void BM_JsonToValues(benchmark::State& state) {
  dwh::RecordParser parser(ParserOptions());
  const std::string text = Padded();
  while (state.KeepRunning()) {
    benchmark::DoNotOptimize(parser.Parse(std::string_view(text).substr(0, kEvent.size())));
  }
  CountBytes(state);
}
BENCHMARK(BM_JsonToValues);

void BM_ValuesToRow(benchmark::State& state) {
  dwh::RecordParser parser(ParserOptions());
  const dwh::RowEncoder encoder = MakeEncoder();
  const std::string text = Padded();
  parser.Parse(std::string_view(text).substr(0, kEvent.size()));
  std::string row;
  while (state.KeepRunning()) {
    row.clear();
    benchmark::DoNotOptimize(encoder.Append(parser.values(), row));
  }
  CountBytes(state);
}
BENCHMARK(BM_ValuesToRow);

/// What finds records where they do not stand one a line.
void BM_FindFrame(benchmark::State& state) {
  while (state.KeepRunning()) benchmark::DoNotOptimize(dwh::FindFrame(kEvent));
  CountBytes(state);
}
BENCHMARK(BM_FindFrame);

}  // namespace

BENCHMARK_MAIN();
