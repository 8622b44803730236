// Lists s3://BUCKET/PREFIX and reads every object as etl does, but throws the bytes away; prints
// how many objects and bytes. For s3_bench.py.
#include <iostream>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "ingest/object_list.h"
#include "ingest/s3_source.h"

namespace {

void Run(const std::string& prefix) {
  const auto source = dwh::MakeS3Source(dwh::AwsConfig{}, dwh::RealClock());
  dwh::ObjectList objects;
  source->List(prefix, [&](const dwh::ObjectInfo& object) { objects.Add(object); });
  objects.SortByKey();
  const auto sequence = source->OpenAll(objects);
  std::string buffer(size_t{1} << 20, '\0');
  size_t bytes = 0;
  while (const auto reader = sequence->Next()) {
    while (const size_t got = reader->Read(buffer)) bytes += got;
  }
  std::cout << objects.size() << " " << bytes << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "Usage: s3_read s3://BUCKET/PREFIX\n";
    return 2;
  }
  try {
    Run(argv[1]);
    return 0;
  } catch (const dwh::Error& error) {
    std::cerr << "s3_read: " << error.what() << "\n";
    return 1;
  }
}
