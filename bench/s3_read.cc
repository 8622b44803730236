// Lists s3://BUCKET/PREFIX and reads every object as etl does, but throws the bytes away; prints
// how many objects and bytes. With a second place it packs them there instead, as etl does for
// Redshift, and prints how many objects and how many files COPY would have to read then. For
// s3_bench.py.
#include <iostream>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "engine/packed_copy.h"
#include "ingest/object_list.h"
#include "ingest/s3_source.h"

namespace {

/// Of a small cluster: two nodes of two.
constexpr size_t kSlices = 4;

size_t ReadAll(dwh::ObjectSource& source, const dwh::ObjectList& objects) {
  const auto sequence = source.OpenAll(objects);
  std::string buffer(size_t{1} << 20, '\0');
  size_t bytes = 0;
  while (const auto reader = sequence->Next()) {
    while (const size_t got = reader->Read(buffer)) bytes += got;
  }
  return bytes;
}

size_t PackAll(dwh::ObjectSource& source, const dwh::ObjectList& objects, const char* place) {
  const auto store = dwh::MakeS3Store(dwh::AwsConfig{}, dwh::RealClock());
  const dwh::PackSetup setup{dwh::PackMode::kOn, place};
  const dwh::PackedObjects packed(setup, {}, objects, kSlices, source, *store, nullptr);
  return packed.parts().size() + packed.rest().size();
}

void Run(const std::string& prefix, const char* place) {
  const auto source = dwh::MakeS3Source(dwh::AwsConfig{}, dwh::RealClock());
  dwh::ObjectList objects;
  source->List(prefix, [&](const dwh::ObjectInfo& object) { objects.Add(object); });
  objects.SortByKey();
  const size_t done =
      place == nullptr ? ReadAll(*source, objects) : PackAll(*source, objects, place);
  std::cout << objects.size() << " " << done << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::cerr << "Usage: s3_read s3://BUCKET/PREFIX [s3://BUCKET/PLACE]\n";
    return 2;
  }
  try {
    Run(argv[1], argv[2]);
    return 0;
  } catch (const dwh::Error& error) {
    std::cerr << "s3_read: " << error.what() << "\n";
    return 1;
  }
}
