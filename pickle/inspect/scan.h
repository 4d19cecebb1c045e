#ifndef PICKLE5_PICKLE_INSPECT_SCAN_H_
#define PICKLE5_PICKLE_INSPECT_SCAN_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pickle/export.h"
#include "pickle/inspect/global_policy.h"
#include "pickle/protocol/limits.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {

// The worst that loading a pickle in Python could do, from harmless up.
enum class Verdict {
  kSafe,     // names only what the policy allows
  kUnknown,  // names something that nothing is known of
  // Cannot be told: the reason is in ScanReport::status.
  kUnscanned,
  kMalformed,  // no Python loads it to its end, and it names no global
  // Names a global that can run code, changes a class or a function, or names
  // any global and is malformed: what stands in front of the error runs.
  kDangerous,
};

// "safe", "unknown", ...
PICKLE5_EXPORT std::string_view VerdictName(Verdict verdict);

struct ScanReport {
  // A global, or what else stands for code.
  struct Name {
    std::string name;  // "module.qualname"
    Verdict verdict = Verdict::kSafe;
    const char* reason = "";  // why it is not safe
  };
  // A place at which a name is referenced (GLOBAL, STACK_GLOBAL, INST, EXT1,
  // ...) or called (REDUCE, NEWOBJ, NEWOBJ_EX, INST, OBJ), or changed (BUILD,
  // ...).
  struct Site {
    uint64_t offset = 0;  // of the opcode, from the start of the bytes
    Opcode opcode = Opcode::STOP;
    uint32_t name = 0;  // index into names
  };

  Verdict verdict = Verdict::kSafe;
  std::vector<Name> names = {};  // each once, in the order they were met
  std::vector<Site> sites = {};
  uint64_t pickles = 0;  // that end in a STOP
  uint64_t bytes = 0;    // in those
  // OK unless the pickle behind those is malformed or reaches a limit; its
  // offset is from the start of that pickle.
  absl::Status status = {};
};

// Judges all the pickles that stand one behind another in `bytes`, without
// importing or calling anything: they run on the machine that loads them, so
// that no memo trick, escape or dotted name hides what is referenced. What
// comes behind a broken pickle is not looked at.
//
// joblib writes arrays' bytes between the opcodes. A dump is read both as
// pickle.load and as joblib.load would; it is kUnscanned, or worse by what was
// seen, where it is not certain how many bytes joblib would take for an array.
//
// Buffers that are not there count as harmless. A verdict is about code, not
// about how much memory or time the objects take.
//
// Errors: in the report; ResourceExhausted is Verdict::kUnscanned.
// Threads: safe.
PICKLE5_EXPORT ScanReport Scan(std::string_view bytes,
                               const GlobalPolicy& policy,
                               const Limits& limits = {});

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_INSPECT_SCAN_H_
