#include "bench/monolith.h"

#include <memory>
#include <string_view>

#include "bench/core/contestants.h"

namespace pickle5::bench {
namespace {

class Load final : public Contestant {
 public:
  explicit Load(std::string_view pickle) : pickle_(pickle) {}
  bool Run() override { return monolith_.Load(pickle_); }

 private:
  std::string_view pickle_;
  Monolith monolith_;
};

}  // namespace

std::unique_ptr<Contestant> MakeMonolithLoad(const CaseData& data) {
  return std::make_unique<Load>(data.pickle);
}

}  // namespace pickle5::bench
