#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <string_view>

#include "bench/core/contestants.h"
#include "pickle/protocol/scanner.h"

namespace pickle5::bench {
namespace {

class Scan final : public Contestant {
 public:
  explicit Scan(std::string_view pickle) : pickle_(pickle) {}
  bool Run() override {
    Scanner scanner(pickle_);
    Token token;
    uint64_t argument_bytes = 0;
    Scanner::Result result;
    while ((result = scanner.Next(token)) == Scanner::Result::kToken) {
      argument_bytes += token.argument.size();
    }
    benchmark::DoNotOptimize(argument_bytes);
    return result == Scanner::Result::kEnd;
  }

 private:
  std::string_view pickle_;
};

}  // namespace

std::unique_ptr<Contestant> MakeScan(const CaseData& data) {
  return std::make_unique<Scan>(data.pickle);
}

}  // namespace pickle5::bench
