#ifndef PICKLE5_BUFFERS_SYSTEM_PROCESS_IDENTITY_H_
#define PICKLE5_BUFFERS_SYSTEM_PROCESS_IDENTITY_H_

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "buffers/export.h"

namespace pickle5 {

// A process, told from others that had or will have its id.
struct ProcessIdentity {
  pid_t pid = 0;
  uint64_t start_time = 0;  // ticks since boot, field 22 of /proc/PID/stat
};

// The start time of a process; nothing if there is none, or it cannot be seen.
PICKLE5_EXPORT std::optional<uint64_t> StartTimeOf(pid_t pid);

// This process. Its start time is 0 where there is no /proc.
PICKLE5_EXPORT ProcessIdentity CurrentProcess();

// Returns whether it is there still. One that is dead and not waited for is
// not.
PICKLE5_EXPORT bool IsAlive(const ProcessIdentity& process);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_PROCESS_IDENTITY_H_
