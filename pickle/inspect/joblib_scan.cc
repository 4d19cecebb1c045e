#include "pickle/inspect/joblib_scan.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "buffers/little_endian.h"
#include "pickle/inspect/joblib_array.h"
#include "pickle/inspect/scan_builder.h"
#include "pickle/machine/machine.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/protocol/scanner.h"

namespace pickle5::internal {
namespace {

absl::Status Doubtful() {
  return absl::UnimplementedError(
      "bytes of a joblib array stand between the opcodes");
}

class JoblibScan {
 public:
  JoblibScan(std::string_view bytes, const GlobalPolicy& policy,
             const Limits& limits)
      : bytes_(bytes), policy_(policy) {
    options_.limits = limits;
    options_.mode = Mode::kStrict;
    options_.encoding = StringEncoding::kLatin1;
    options_.placeholder_buffers = true;
    options_.allow_trailing = true;
  }

  ScanReport Run() {
    uint64_t at = 0;
    do {
      report_.status = RunPickle(&at, /*wrappers=*/true, &report_);
      report_.bytes = at;
    } while (report_.status.ok() && at < bytes_.size());
    return std::move(report_);
  }

  // Runs the first pickle only, and enters its arrays.
  absl::Status Find(std::vector<JoblibExtent>* arrays, uint64_t* length) {
    arrays_ = arrays;
    return RunPickle(length, /*wrappers=*/true, &report_);
  }

 private:
  // Runs the pickle at `*at`, and moves `*at` behind it.
  absl::Status RunPickle(uint64_t* at, bool wrappers, ScanReport* report) {
    ScanBuilder builder(policy_, report);
    Machine<ScanBuilder> machine(&builder);
    builder.StartPickle(options_, &machine, *at);
    machine.Start(options_);
    absl::Status status = RunToStop(at, wrappers, builder, machine, report);
    builder.EndPickle();
    if (!status.ok()) return status;
    if (builder.HasDoubtfulWrapper()) return Doubtful();
    ++report->pickles;
    return absl::OkStatus();
  }

  absl::Status RunToStop(uint64_t* at, bool wrappers, ScanBuilder& builder,
                         Machine<ScanBuilder>& machine, ScanReport* report) {
    uint64_t frame_end = 0;
    const auto* data = reinterpret_cast<const uint8_t*>(bytes_.data());
    const uint8_t* unread = data + *at;
    for (;;) {
      // Each step ends with a BUILD, behind which an array may stand. It is
      // executed when the whole frame is there.
      const std::optional<Opcode> last = NextStep(*at, &frame_end);
      if (!last) return Doubtful();
      machine.SetInput(unread, data + step_end_, /*streaming=*/true);
      const Flow flow = machine.Run();
      if (flow == Flow::kError) return machine.error();
      if (flow != (last == Opcode::STOP ? Flow::kStop : Flow::kNeedMore)) {
        return Doubtful();
      }
      *at = step_end_;
      if (flow == Flow::kStop) return absl::OkStatus();
      unread = machine.p();
      const std::optional<ScanBuilder::Wrapper> wrapper = builder.TakeWrapper();
      if (!wrapper) continue;
      // In a frame, joblib's unpickler has read ahead.
      if (!wrappers || wrapper->end != *at || frame_end > *at ||
          unread != data + *at) {
        return Doubtful();
      }
      const uint64_t begin = *at;
      absl::Status status = PassOver(wrapper->state, at, report);
      if (!status.ok()) return status;
      builder.PassOver(*at - begin);
      unread = data + *at;
    }
  }

  // Sets step_end_ to the end of the next BUILD or STOP, which it returns.
  std::optional<Opcode> NextStep(uint64_t at, uint64_t* frame_end) {
    Scanner scanner(bytes_.substr(at));
    Token token;
    while (scanner.Next(token) == Scanner::Result::kToken) {
      step_end_ = at + token.offset + token.bytes.size();
      switch (token.opcode()) {
        case Opcode::FRAME:
          *frame_end =
              step_end_ + LittleEndianDecoder(token.argument).Get<uint64_t>();
          break;
        case Opcode::BUILD:
        case Opcode::STOP:
          return token.opcode();
        default:
          break;
      }
    }
    return std::nullopt;
  }

  absl::Status PassOver(Value state, uint64_t* at, ScanReport* report) {
    const std::optional<JoblibArray> array = JoblibArrayOf(state);
    if (!array) return Doubtful();
    const uint64_t begin = *at;
    if (array->pickled) {
      ScanReport nested;
      absl::Status status = RunPickle(at, /*wrappers=*/false, &nested);
      MergeReport(nested, report);
      Enter({begin, begin, *at, /*pickled=*/true});
      return status;
    }
    uint64_t passed = 0;
    if (array->padded) {
      if (*at == bytes_.size()) return Doubtful();
      passed = 1 + uint64_t{static_cast<uint8_t>(bytes_[*at])};
    }
    const uint64_t left = bytes_.size() - *at;
    if (passed > left || array->bytes > left - passed) return Doubtful();
    *at += passed + array->bytes;
    Enter({begin, begin + passed, *at, /*pickled=*/false});
    return absl::OkStatus();
  }

  void Enter(const JoblibExtent& extent) {
    if (arrays_ != nullptr) arrays_->push_back(extent);
  }

  std::string_view bytes_;
  const GlobalPolicy& policy_;
  ReadOptions options_;
  ScanReport report_;
  uint64_t step_end_ = 0;
  std::vector<JoblibExtent>* arrays_ = nullptr;
};

}  // namespace

ScanReport ScanJoblib(std::string_view bytes, const GlobalPolicy& policy,
                      const Limits& limits) {
  return JoblibScan(bytes, policy, limits).Run();
}

absl::Status FindJoblibArrays(std::string_view bytes, const Limits& limits,
                              std::vector<JoblibExtent>* arrays,
                              uint64_t* length) {
  const GlobalPolicy policy;
  *length = 0;
  return JoblibScan(bytes, policy, limits).Find(arrays, length);
}

void MergeReport(const ScanReport& from, ScanReport* into) {
  HashMap<std::string, uint32_t> known;
  for (uint32_t i = 0; i < into->names.size(); ++i) {
    known.try_emplace(into->names[i].name, i);
  }
  std::vector<uint32_t> indices;
  for (const ScanReport::Name& name : from.names) {
    const auto [found, is_new] =
        known.try_emplace(name.name, static_cast<uint32_t>(into->names.size()));
    indices.push_back(found->second);
    if (is_new) {
      into->names.push_back(name);
    } else if (name.verdict > into->names[found->second].verdict) {
      into->names[found->second] = name;
    }
  }
  for (ScanReport::Site site : from.sites) {
    site.name = indices[site.name];
    into->sites.push_back(site);
  }
  const auto place = [](const ScanReport::Site& site) {
    return std::tuple(site.offset, site.opcode, site.name);
  };
  auto& sites = into->sites;
  std::sort(sites.begin(), sites.end(),
            [&](const auto& a, const auto& b) { return place(a) < place(b); });
  sites.erase(std::unique(sites.begin(), sites.end(),
                          [&](const auto& a, const auto& b) {
                            return place(a) == place(b);
                          }),
              sites.end());
}

}  // namespace pickle5::internal
