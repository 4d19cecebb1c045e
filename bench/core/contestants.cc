#include "bench/core/contestants.h"

#include <array>

namespace pickle5::bench {
namespace {

constexpr std::array<Entrant, 6> kEntrants = {{
    {"pickle5", "load", "Load", MakePickle5Load},
    {"pickle5", "load_fresh", "LoadFresh", MakePickle5LoadFresh},
    {"pickle5", "dump", "Dump", MakePickle5Dump},
    {"monolith", "load", "LoadMonolith", MakeMonolithLoad},
    {"simdjson", "load", "LoadSimdjson", MakeSimdjsonLoad},
    {"scan", "load", "Scan", MakeScan},
}};

}  // namespace

std::span<const Entrant> Entrants() { return kEntrants; }

}  // namespace pickle5::bench
