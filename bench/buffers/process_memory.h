#ifndef PICKLE5_BENCH_BUFFERS_PROCESS_MEMORY_H_
#define PICKLE5_BENCH_BUFFERS_PROCESS_MEMORY_H_

#include <sys/types.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace pickle5::bench {

// The number behind `field` in a file of /proc, which is in kB, in bytes; 0 if
// it has none.
inline uint64_t BytesIn(const std::string& path, const std::string& field) {
  std::ifstream in(path);
  std::string word;
  while (in >> word) {
    if (word != field) continue;
    uint64_t kib = 0;
    in >> kib;
    return kib * 1024;
  }
  return 0;
}

// Private memory of this process.
inline uint64_t AnonymousMemory() {
  return BytesIn("/proc/self/status", "RssAnon:");
}

// The physical memory that falls to a process: shared pages in equal parts.
inline uint64_t ProportionalMemory(pid_t process) {
  return BytesIn("/proc/" + std::to_string(process) + "/smaps_rollup", "Pss:");
}

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_BUFFERS_PROCESS_MEMORY_H_
