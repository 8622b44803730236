// Preloaded into a program of the tests: the time of day is off by DWH_TEST_CLOCK_SHIFT_S seconds.
#include <dlfcn.h>
#include <time.h>

#include <cstdlib>

extern "C" int clock_gettime(clockid_t id, timespec* time) noexcept {
  using Function = int (*)(clockid_t, timespec*);
  static const auto next = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "clock_gettime"));
  static const char* const shift = std::getenv("DWH_TEST_CLOCK_SHIFT_S");
  const int result = next(id, time);
  if (result == 0 && id == CLOCK_REALTIME && shift != nullptr) time->tv_sec += std::atol(shift);
  return result;
}
