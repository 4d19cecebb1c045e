#include <simdjson.h>

#include <memory>
#include <utility>

#include "bench/core/contestants.h"

namespace pickle5::bench {
namespace {

class Load final : public Contestant {
 public:
  explicit Load(simdjson::padded_string json) : json_(std::move(json)) {}
  bool Run() override {
    return parser_.parse(json_).error() == simdjson::SUCCESS;
  }

 private:
  simdjson::padded_string json_;
  simdjson::dom::parser parser_;
};

}  // namespace

std::unique_ptr<Contestant> MakeSimdjsonLoad(const CaseData& data) {
  if (data.json_path.empty()) return nullptr;
  simdjson::padded_string json;
  if (simdjson::padded_string::load(data.json_path).get(json)) return nullptr;
  return std::make_unique<Load>(std::move(json));
}

}  // namespace pickle5::bench
