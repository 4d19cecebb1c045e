#include "buffers/system/process_identity.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "buffers/system/owned_fd.h"

namespace pickle5 {
namespace {

struct ProcStat {
  char state = '?';
  uint64_t start_time = 0;
};

std::optional<ProcStat> ReadStat(pid_t pid) {
  std::array<char, 64> path;
  std::snprintf(path.data(), path.size(), "/proc/%d/stat",
                static_cast<int>(pid));
  const OwnedFd fd(::open(path.data(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return std::nullopt;
  // One line, with a name of at most 64 bytes in it.
  std::array<char, 1024> line;
  const ssize_t size = ::read(fd.get(), line.data(), line.size() - 1);
  if (size <= 0) return std::nullopt;
  line[static_cast<size_t>(size)] = '\0';
  // The name may hold blanks and parentheses; the state is field 3.
  const char* field = std::strrchr(line.data(), ')');
  if (field == nullptr || field[1] != ' ') return std::nullopt;
  field += 2;
  ProcStat stat;
  stat.state = *field;
  for (int i = 3; i < 22; ++i) {
    field = std::strchr(field, ' ');
    if (field == nullptr) return std::nullopt;
    ++field;
  }
  stat.start_time = std::strtoull(field, nullptr, 10);
  return stat;
}

}  // namespace

std::optional<uint64_t> StartTimeOf(pid_t pid) {
  const std::optional<ProcStat> stat = ReadStat(pid);
  if (!stat) return std::nullopt;
  return stat->start_time;
}

ProcessIdentity CurrentProcess() {
  const pid_t pid = ::getpid();
  return {pid, StartTimeOf(pid).value_or(0)};
}

bool IsAlive(const ProcessIdentity& process) {
  if (process.pid <= 0) return false;
  if (::kill(process.pid, 0) != 0 && errno == ESRCH) return false;
  const std::optional<ProcStat> stat = ReadStat(process.pid);
  // Where /proc does not say, the id alone has to.
  if (!stat || process.start_time == 0) return true;
  return stat->start_time == process.start_time && stat->state != 'Z' &&
         stat->state != 'X';
}

}  // namespace pickle5
