// The core suite under Google Benchmark, without CPython.
//
// Usage: core_bench FOLDER [--benchmark_filter=REGEX] ...
// FOLDER is what cases.py wrote.

#include <benchmark/benchmark.h>

#include <cctype>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "bench/case_data.h"
#include "bench/contestant.h"
#include "bench/core/contestants.h"

namespace pickle5::bench {
namespace {

void Measure(benchmark::State& state, const std::string& folder,
             const std::string& name, const Entrant& entrant) {
  const std::optional<CaseData> data = ReadCase(folder, name);
  if (!data) {
    state.SkipWithError("the case cannot be read");
    return;
  }
  const std::unique_ptr<Contestant> contestant = entrant.make(*data);
  for (auto iteration : state) {
    const std::optional<double> seconds = TimedRun(*contestant);
    if (!seconds) {
      state.SkipWithError("failed");
      break;
    }
    state.SetIterationTime(*seconds);
  }
  const int64_t iterations = static_cast<int64_t>(state.iterations());
  state.SetItemsProcessed(iterations * data->elements);
  state.SetBytesProcessed(iterations *
                          static_cast<int64_t>(data->pickle.size()));
}

// shared_lists becomes SharedLists.
std::string CamelCase(const std::string& name) {
  std::string camel;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') {
      camel += upper ? static_cast<char>(std::toupper(c)) : c;
    }
    upper = c == '_';
  }
  return camel;
}

void Register(const std::string& folder) {
  for (const std::string& name : ListCases(folder)) {
    const std::optional<CaseData> data = ReadCase(folder, name);
    if (!data) continue;
    for (const Entrant& entrant : Entrants()) {
      if (entrant.make(*data) == nullptr) continue;
      const std::string title = "BM_" + std::string(entrant.verb) + "_" +
                                CamelCase(name) + "/" +
                                std::to_string(data->elements);
      benchmark::RegisterBenchmark(title.c_str(),
                                   [=](benchmark::State& state) {
                                     Measure(state, folder, name, entrant);
                                   })
          ->UseManualTime()
          ->Unit(benchmark::kMicrosecond);
    }
  }
}

}  // namespace
}  // namespace pickle5::bench

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (argc != 2) {
    std::fprintf(stderr, "usage: core_bench FOLDER [--benchmark_...]\n");
    return 2;
  }
  pickle5::bench::Register(argv[1]);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
