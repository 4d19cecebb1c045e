#include "buffers/files/shm_name.h"

#include <sys/random.h>

#include <cerrno>
#include <climits>
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

constexpr std::string_view kOwnedPrefix = "pickle5-owned-";

}  // namespace

absl::StatusOr<std::string> ShmName(std::string_view name) {
  if (!name.empty() && name.front() == '/') name.remove_prefix(1);
  if (name.empty() || name.size() >= NAME_MAX || name == "." || name == ".." ||
      name.find('/') != std::string_view::npos ||
      name.find('\0') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a name of shared memory: '", std::string(name), "'"));
  }
  return absl::StrCat("/", std::string(name));
}

absl::StatusOr<std::string> OwnedShmName(const ProcessIdentity& owner) {
  uint64_t random = 0;
  if (::getrandom(&random, sizeof(random), 0) != sizeof(random)) {
    return IoStatus(errno, "get random bytes");
  }
  return absl::StrCat("/", std::string(kOwnedPrefix), owner.pid, "-",
                      owner.start_time, "-", absl::Hex(random));
}

std::optional<ProcessIdentity> OwnerInShmName(std::string_view name) {
  if (!name.empty() && name.front() == '/') name.remove_prefix(1);
  if (!name.starts_with(kOwnedPrefix)) return std::nullopt;
  name.remove_prefix(kOwnedPrefix.size());
  const std::vector<std::string> parts = absl::StrSplit(std::string(name), '-');
  ProcessIdentity owner;
  int pid = 0;
  if (parts.size() != 3 || !absl::SimpleAtoi(parts[0], &pid) || pid <= 0 ||
      !absl::SimpleAtoi(parts[1], &owner.start_time) || parts[2].empty()) {
    return std::nullopt;
  }
  owner.pid = pid;
  return owner;
}

}  // namespace pickle5
