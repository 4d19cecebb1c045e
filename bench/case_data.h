#ifndef PICKLE5_BENCH_CASE_DATA_H_
#define PICKLE5_BENCH_CASE_DATA_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace pickle5::bench {

// What a suite measures on, as its generator wrote it.
struct CaseData {
  std::string name;
  int64_t elements = 0;
  std::string pickle;
  std::string json_path;  // empty if JSON cannot say it
};

// The whole file; nothing if it cannot be read.
std::optional<std::string> ReadFile(const std::string& path);

// The case of that name in the folder; nothing if it is not there.
std::optional<CaseData> ReadCase(const std::string& folder,
                                 const std::string& name);

// The names of all cases of the folder, in their order.
std::vector<std::string> ListCases(const std::string& folder);

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_CASE_DATA_H_
