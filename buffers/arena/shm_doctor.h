#ifndef PICKLE5_BUFFERS_ARENA_SHM_DOCTOR_H_
#define PICKLE5_BUFFERS_ARENA_SHM_DOCTOR_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "buffers/export.h"

namespace pickle5 {

// A fact about one thing that shared memory depends on.
struct ShmFact {
  std::string name;   // a word with underscores
  std::string value;  // what was found
  bool fine = true;
  std::string note;  // what it means; empty where that is plain
};

// How buffers get to another process of this machine, best first.
enum class ShmTransport {
  kArena,       // ShmArena
  kMemfd,       // MemfdSink: sealed memory for each message
  kNamed,       // ShmSink::CreateOwned()
  kStreamOnly,  // none: the bytes go through a pipe or socket
};

struct ShmDiagnosis {
  std::vector<ShmFact> facts;
  ShmTransport transport = ShmTransport::kStreamOnly;
};

// A word for it: arena, memfd, named or stream.
PICKLE5_EXPORT std::string ShmTransportName(ShmTransport transport);

// Tries what this machine allows the process: each transport is really used
// once, for a few bytes; limits are read from /proc and /sys. What cannot be
// found out is a fact that says so.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<ShmDiagnosis> DiagnoseShm();

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_SHM_DOCTOR_H_
