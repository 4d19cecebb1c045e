#include "pickle/inspect/scan.h"

#include <algorithm>
#include <new>
#include <utility>

#include "pickle/inspect/joblib_array.h"
#include "pickle/inspect/joblib_scan.h"
#include "pickle/inspect/scan_builder.h"
#include "pickle/machine/machine.h"

namespace pickle5 {
namespace {

using internal::Flow;
using internal::Machine;
using internal::ScanBuilder;

// Runs the pickle at bytes[begin]. Its length, or 0 after an error, which is in
// the report.
uint64_t RunOne(std::string_view bytes, uint64_t begin, ScanBuilder& builder,
                Machine<ScanBuilder>& machine, const ReadOptions& options,
                ScanReport* report) {
  machine.Clear();
  builder.StartPickle(options, &machine, begin);
  machine.Start(options);
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  machine.SetInput(data + begin, data + bytes.size(), /*streaming=*/false);
  const Flow flow = machine.Run();
  builder.EndPickle();
  if (flow == Flow::kStop) {
    ++report->pickles;
    return machine.offset();
  }
  if (flow == Flow::kNeedMore) machine.FailTruncated();
  report->status = machine.error();
  return 0;
}

void Run(std::string_view bytes, const GlobalPolicy& policy,
         const Limits& limits, ScanReport* report) {
  ReadOptions options;
  options.limits = limits;
  options.mode = Mode::kCompat;
  options.encoding = StringEncoding::kLatin1;  // no str is in the way
  options.placeholder_buffers = true;
  ScanBuilder builder(policy, report);
  Machine<ScanBuilder> machine(&builder);
  uint64_t length;
  do {
    length = RunOne(bytes, report->bytes, builder, machine, options, report);
    report->bytes += length;
  } while (length != 0 && report->bytes < bytes.size());
}

Verdict WorstName(const ScanReport& report) {
  Verdict worst = Verdict::kSafe;
  for (const ScanReport::Name& name : report.names) {
    worst = std::max(worst, name.verdict);
  }
  return worst;
}

Verdict Judge(const ScanReport& report) {
  const Verdict worst = WorstName(report);
  if (report.status.ok()) return worst;
  if (absl::IsResourceExhausted(report.status)) {
    return std::max(worst, Verdict::kUnscanned);
  }
  return report.names.empty() ? Verdict::kMalformed : Verdict::kDangerous;
}

bool IsJoblib(const ScanReport& report) {
  return std::ranges::any_of(report.names, [](const ScanReport::Name& name) {
    return name.name == internal::kJoblibWrapper;
  });
}

// pickle.load and joblib.load read a joblib dump differently: what either
// meets counts. That pickle.load ends in an error is as it must be.
void JudgeJoblib(std::string_view bytes, const GlobalPolicy& policy,
                 const Limits& limits, ScanReport* report) {
  if (absl::IsResourceExhausted(report->status)) return;
  ScanReport joblib = internal::ScanJoblib(bytes, policy, limits);
  internal::MergeReport(*report, &joblib);
  joblib.verdict = joblib.status.ok()
                       ? WorstName(joblib)
                       : std::max(WorstName(joblib), Verdict::kUnscanned);
  *report = std::move(joblib);
}

}  // namespace

std::string_view VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kSafe:
      return "safe";
    case Verdict::kUnknown:
      return "unknown";
    case Verdict::kUnscanned:
      return "unscanned";
    case Verdict::kMalformed:
      return "malformed";
    case Verdict::kDangerous:
      break;
  }
  return "dangerous";
}

ScanReport Scan(std::string_view bytes, const GlobalPolicy& policy,
                const Limits& limits) {
  ScanReport report;
  try {
    Run(bytes, policy, limits, &report);
    report.verdict = Judge(report);
    if (IsJoblib(report)) JudgeJoblib(bytes, policy, limits, &report);
  } catch (const std::bad_alloc&) {
    report.status = absl::ResourceExhaustedError("");
    report.verdict = Judge(report);
  }
  return report;
}

}  // namespace pickle5
