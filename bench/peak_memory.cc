#include "bench/peak_memory.h"

#include <fstream>
#include <string>

namespace pickle5::bench {
namespace {

int64_t PeakResident() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kibibytes = 0;
    if (word == "VmHWM:" && status >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

PeakMemory::PeakMemory() {
  // "5" sets the peak to what is resident now.
  std::ofstream("/proc/self/clear_refs") << "5";
  before_ = PeakResident();
}

int64_t PeakMemory::Grown() const { return PeakResident() - before_; }

}  // namespace pickle5::bench
