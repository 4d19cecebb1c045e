#include "buffers/arena/shm_doctor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_broker.h"
#include "buffers/arena/shm_views.h"
#include "buffers/buffer.h"
#include "buffers/files/shm_name.h"
#include "buffers/files/shm_sink.h"
#include "buffers/files/shm_source.h"
#include "buffers/io_status.h"
#include "buffers/system/fd_passing.h"
#include "buffers/system/memfd.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {
namespace {

// Below this, messages of common sizes do not fit.
constexpr uint64_t kLittleMemory = uint64_t{64} << 20;
// Version 1 writes a number above all memories for it.
constexpr uint64_t kNoLimit = uint64_t{1} << 60;
constexpr std::string_view kSample = "pickle5";

std::string ReadLine(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

// "never" of "always [never]".
std::string Chosen(const std::string& choices) {
  const size_t begin = choices.find('[');
  const size_t end = choices.find(']');
  if (begin == std::string::npos || end == std::string::npos) return choices;
  return choices.substr(begin + 1, end - begin - 1);
}

std::string Mebibytes(uint64_t bytes) {
  return absl::StrFormat("%d MiB", bytes >> 20);
}

ShmFact FromStatus(std::string name, const absl::Status& status,
                   std::string note_if_not) {
  ShmFact fact;
  fact.name = std::move(name);
  fact.fine = status.ok();
  fact.value = status.ok() ? "yes" : absl::StrCat("no: ", status.message());
  if (!status.ok()) fact.note = std::move(note_if_not);
  return fact;
}

absl::Status TryMemfd() {
  const absl::StatusOr<OwnedFd> fd = CreateMemfd("pickle5-doctor");
  if (!fd.ok()) return fd.status();
  return AddSeals(fd->get(), FinalSeals());
}

absl::Status TryFdPassing() {
  std::array<int, 2> fds = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    return absl::UnavailableError("no Unix sockets");
  }
  const OwnedFd left(fds[0]);
  const OwnedFd right(fds[1]);
  std::array<uint8_t, 1> byte = {1};
  absl::Status sent = SendWithFds(left.get(), byte, {fds.data(), 1});
  if (!sent.ok()) return sent;
  return ReceiveWithFds(right.get(), byte).status();
}

absl::Status AcceptSample(BufferSink& sink) {
  const auto placed = sink.Accept(Buffer::Borrow(kSample));
  return placed.ok() ? sink.Close() : placed.status();
}

absl::Status TakeSample(BufferSource& source) {
  const absl::StatusOr<Buffer> buffer = source.Next();
  if (!buffer.ok()) return buffer.status();
  return buffer->chars() == kSample
             ? absl::OkStatus()
             : absl::DataLossError("other bytes came back");
}

absl::Status TryArena() {
  ShmArena arena(kArenaBlockSize);
  ArenaSink sink(&arena);
  absl::Status status = AcceptSample(sink);
  if (!status.ok()) return status;
  if (!sink.in_arena()) return arena.Write({}).status();
  const absl::StatusOr<ShmOffer> offer = sink.Offer();
  if (!offer.ok()) return offer.status();
  ShmHandover handover{offer->header(), {}};
  handover.fds.reserve(offer->fds().size());
  for (const int fd : offer->fds()) {
    handover.fds.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  }
  ShmViews views;
  const auto source = views.Open(std::move(handover));
  return source.ok() ? TakeSample(**source) : source.status();
}

absl::Status TryNamed() {
  const auto sink = ShmSink::CreateOwned();
  if (!sink.ok()) return sink.status();
  absl::Status status = AcceptSample(**sink);
  if (!status.ok()) return status;
  const auto source = ShmSource::Open((*sink)->name());
  return source.ok() ? TakeSample(**source) : source.status();
}

absl::Status TryBroker() {
  ShmBroker broker;
  ArenaSink sink(nullptr);
  absl::Status status = AcceptSample(sink);
  if (!status.ok()) return status;
  absl::StatusOr<ShmOffer> offer = sink.Offer();
  if (!offer.ok()) return offer.status();
  const absl::StatusOr<ShmToken> token = broker.Publish(*std::move(offer));
  if (!token.ok()) return token.status();
  return ShmBroker::Claim(*token).status();
}

ShmFact DevShm() {
  ShmFact fact;
  fact.name = "dev_shm";
  struct statvfs info = {};
  if (::statvfs(kShmDirectory, &info) != 0) {
    fact.value = "none";
    fact.fine = false;
    fact.note = "named shared memory is not to be had";
    return fact;
  }
  const uint64_t free = uint64_t{info.f_bavail} * info.f_frsize;
  fact.value = absl::StrCat(Mebibytes(free), " free of ",
                            Mebibytes(uint64_t{info.f_blocks} * info.f_frsize));
  fact.fine = free >= kLittleMemory;
  if (!fact.fine) fact.note = "memfd and the arena do not depend on it";
  return fact;
}

ShmFact HugePages() {
  ShmFact fact;
  fact.name = "huge_pages";
  const std::string folder = "/sys/kernel/mm/transparent_hugepage/";
  const std::string anonymous = Chosen(ReadLine(folder + "enabled"));
  const std::string shared = Chosen(ReadLine(folder + "shmem_enabled"));
  fact.value = absl::StrCat("private ", anonymous.empty() ? "none" : anonymous,
                            ", shared ", shared.empty() ? "none" : shared);
  if (shared != "always" && shared != "advise" && shared != "within_size" &&
      shared != "force") {
    fact.note = "the first use of shared memory costs a fault each 4 KiB";
  }
  return fact;
}

// A cgroup hierarchy that limits memory, version 2 or 1.
struct Cgroup {
  std::string root;
  std::string path;  // of this process, below the root
  std::string limit_file;
  std::string used_file;
};

std::optional<Cgroup> MemoryCgroup() {
  std::ifstream in("/proc/self/cgroup");
  std::string line;
  std::optional<Cgroup> found;
  while (std::getline(in, line)) {
    const size_t memory = line.find(":memory:");
    if (memory != std::string::npos) {
      return Cgroup{"/sys/fs/cgroup/memory", line.substr(memory + 8),
                    "/memory.limit_in_bytes", "/memory.usage_in_bytes"};
    }
    if (line.starts_with("0::")) {
      found = Cgroup{"/sys/fs/cgroup", line.substr(3), "/memory.max",
                     "/memory.current"};
    }
  }
  return found;
}

ShmFact CgroupLimit() {
  ShmFact fact;
  fact.name = "cgroup_memory";
  const std::optional<Cgroup> cgroup = MemoryCgroup();
  if (!cgroup) {
    fact.value = "none";
    return fact;
  }
  uint64_t least = kNoLimit;
  uint64_t used = 0;
  // The least limit on the way to the root counts.
  for (std::string path = cgroup->path;; path.resize(path.rfind('/'))) {
    const std::string folder = cgroup->root + path;
    uint64_t limit = 0;
    if (absl::SimpleAtoi(ReadLine(folder + cgroup->limit_file), &limit) &&
        limit < least) {
      least = limit;
      if (!absl::SimpleAtoi(ReadLine(folder + cgroup->used_file), &used)) {
        used = 0;
      }
    }
    if (path.find('/') == std::string::npos) break;
  }
  if (least == kNoLimit) {
    fact.value = "no limit";
    return fact;
  }
  const uint64_t left = least > used ? least - used : 0;
  fact.value = absl::StrCat(Mebibytes(left), " left of ", Mebibytes(least));
  fact.fine = left >= kLittleMemory;
  fact.note = "shared memory counts for who touches it first";
  return fact;
}

ShmFact Seccomp() {
  ShmFact fact;
  fact.name = "seccomp";
  std::ifstream in("/proc/self/status");
  std::string word;
  while (in >> word) {
    if (word != "Seccomp:") continue;
    in >> word;
    fact.value = word == "0" ? "off" : word == "1" ? "strict" : "filter";
    if (word == "2") {
      fact.note = "system calls may be refused: the lines above tried them";
    }
    return fact;
  }
  fact.value = "unknown";
  return fact;
}

ShmFact OpenFiles() {
  ShmFact fact;
  fact.name = "open_files";
  const int64_t limit = ::sysconf(_SC_OPEN_MAX);
  fact.value = absl::StrCat("limit ", limit);
  fact.fine = limit < 0 || limit >= 64;
  if (!fact.fine) fact.note = "a message or an arena takes one to three";
  return fact;
}

}  // namespace

std::string ShmTransportName(ShmTransport transport) {
  switch (transport) {
    case ShmTransport::kArena:
      return "arena";
    case ShmTransport::kMemfd:
      return "memfd";
    case ShmTransport::kNamed:
      return "named";
    case ShmTransport::kStreamOnly:
      break;
  }
  return "stream";
}

absl::StatusOr<ShmDiagnosis> DiagnoseShm() {
  try {
    ShmDiagnosis diagnosis;
    std::vector<ShmFact>& facts = diagnosis.facts;
    const absl::Status memfd = TryMemfd();
    const absl::Status passing = TryFdPassing();
    const absl::Status arena = TryArena();
    const absl::Status named = TryNamed();
    facts.push_back(FromStatus("memfd", memfd, "a kernel from 3.17 on has it"));
    facts.push_back(
        FromStatus("fd_passing", passing, "no memfd gets to another process"));
    facts.push_back(
        FromStatus("arena", arena, "each message has memory of its own"));
    facts.push_back(
        FromStatus("broker", TryBroker(), "pipes carry all bytes themselves"));
    facts.push_back(FromStatus("named", named, "there is no fallback"));
    facts.push_back(DevShm());
    facts.push_back(HugePages());
    facts.push_back(CgroupLimit());
    facts.push_back(Seccomp());
    facts.push_back(OpenFiles());
    if (memfd.ok() && passing.ok()) {
      diagnosis.transport =
          arena.ok() ? ShmTransport::kArena : ShmTransport::kMemfd;
    } else if (named.ok()) {
      diagnosis.transport = ShmTransport::kNamed;
    }
    return diagnosis;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5
