#ifndef PICKLE5_BUFFERS_FILES_SHM_JANITOR_H_
#define PICKLE5_BUFFERS_FILES_SHM_JANITOR_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/export.h"
#include "buffers/files/shm_name.h"
#include "buffers/system/process_identity.h"

namespace pickle5 {

// A named shared-memory object that a ShmSink wrote.
struct ShmSegment {
  std::string name;    // with its slash
  uint64_t bytes = 0;  // of memory
  // Nothing for one that is meant to outlive its process.
  std::optional<ProcessIdentity> owner;
  bool abandoned = false;  // its owner is dead
};

// Tells which named shared memory is left over, and removes it.
//
// Who is dead: an owner holds a lock on its object, which the kernel drops with
// the process; its id and start time are looked at too. Objects that are meant
// to outlive their process are never abandoned.
//
// Threads: safe. Many janitors may clean at once.
class PICKLE5_EXPORT ShmJanitor {
 public:
  explicit ShmJanitor(std::string directory = kShmDirectory)
      : directory_(std::move(directory)) {}

  // All that can be opened, by name. Other programs' objects are left out.
  [[nodiscard]] absl::StatusOr<std::vector<ShmSegment>> List() const;

  // Removes what is abandoned, and gives it.
  [[nodiscard]] absl::StatusOr<std::vector<ShmSegment>> Clean() const;

  // Removes one object, abandoned or not. NotFound if there is none,
  // FailedPrecondition if no ShmSink wrote it.
  [[nodiscard]] absl::Status Remove(const std::string& name) const;

 private:
  std::optional<ShmSegment> Look(const std::string& file) const;

  const std::string directory_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_FILES_SHM_JANITOR_H_
