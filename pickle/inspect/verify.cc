#include "pickle/inspect/verify.h"

#include <new>

#include "pickle/inspect/check_builder.h"
#include "pickle/machine/machine.h"

namespace pickle5 {
namespace {

using internal::CheckBuilder;
using internal::Flow;
using internal::Machine;

absl::Status Run(std::string_view pickle, const ReadOptions& options,
                 uint64_t* consumed) {
  ReadOptions strict = options;
  strict.mode = Mode::kStrict;
  CheckBuilder builder(options.encoding, options.limits.max_memory);
  Machine<CheckBuilder> machine(&builder);
  machine.Start(strict);
  const auto* begin = reinterpret_cast<const uint8_t*>(pickle.data());
  const uint8_t* end = begin + pickle.size();
  machine.SetInput(begin, end, /*streaming=*/false);
  const Flow flow = machine.Run();
  if (flow == Flow::kNeedMore) machine.FailTruncated();
  if (flow != Flow::kStop) return machine.error();
  if (consumed != nullptr) *consumed = machine.offset();
  if (machine.cursor() != end && !options.allow_trailing) {
    return machine.TrailingError();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Verify(std::string_view pickle, const ReadOptions& options,
                    uint64_t* consumed) {
  try {
    return Run(pickle, options, consumed);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("");
  }
}

}  // namespace pickle5
