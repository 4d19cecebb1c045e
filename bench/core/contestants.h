#ifndef PICKLE5_BENCH_CORE_CONTESTANTS_H_
#define PICKLE5_BENCH_CORE_CONTESTANTS_H_

#include <memory>
#include <span>
#include <string_view>

#include "bench/case_data.h"
#include "bench/contestant.h"

// Who takes part in the core suite besides CPython (cpython.py). `data` must
// outlive the contestant; a Make returns nullptr if the case is not for it.

namespace pickle5::bench {

// Into a Document that is kept.
std::unique_ptr<Contestant> MakePickle5Load(const CaseData& data);
// Into a new Document each time.
std::unique_ptr<Contestant> MakePickle5LoadFresh(const CaseData& data);
// ValueWriter, its memo and its output are kept.
std::unique_ptr<Contestant> MakePickle5Dump(const CaseData& data);
// The hand-written loop of bench/monolith.h, its memory is kept.
std::unique_ptr<Contestant> MakeMonolithLoad(const CaseData& data);
// simdjson's DOM of the same data as JSON; the parser is kept.
std::unique_ptr<Contestant> MakeSimdjsonLoad(const CaseData& data);
// The null contestant: steps over the opcodes and keeps nothing.
std::unique_ptr<Contestant> MakeScan(const CaseData& data);

struct Entrant {
  std::string_view name;
  std::string_view operation;
  // As in the name of a benchmark, BM_<verb>_<case>/<elements>.
  std::string_view verb;
  std::unique_ptr<Contestant> (*make)(const CaseData& data);
};

// All of the above.
std::span<const Entrant> Entrants();

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_CORE_CONTESTANTS_H_
