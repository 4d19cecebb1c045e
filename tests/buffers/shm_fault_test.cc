// System calls that fail, and memory that is full: each a status, never a
// signal. The run prints how many faults it injected.

#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_doctor.h"
#include "buffers/arena/shm_views.h"
#include "buffers/files/memfd_sink.h"
#include "buffers/files/shm_janitor.h"
#include "buffers/files/shm_sink.h"
#include "buffers/files/shm_source.h"
#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"
#include "tests/buffers/failing_syscall.h"
#include "tests/buffers/file_size_limit.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/socket_pair.h"

namespace pickle5 {
namespace {

constexpr int kSkip = 77;

class ShmFault : public ::testing::Test {
 protected:
  static void TearDownTestSuite() {
    std::cout << "faults injected: " << faults_ << "\n";
  }

  // Runs it where a system call fails; it returns 0 or the line that is wrong.
  void WhereItFails(long number, int error_number,
                    const std::function<int()>& run) {
    ++faults_;
    ChildProcess child(
        [&] { return LetSyscallFail(number, error_number) ? run() : kSkip; });
    const std::optional<int> ended = child.Wait();
    if (ended == kSkip) GTEST_SKIP() << "no seccomp filters here";
    EXPECT_EQ(ended, 0);
  }

  // Writes 4 MiB to memory: the status of the first failure.
  static absl::Status Write(BufferSink& sink) {
    const auto placed = sink.Accept(*Buffer::Copy(SampleBytes(4 << 20)));
    return placed.ok() ? sink.Close() : placed.status();
  }

  static inline int faults_ = 0;
};

TEST_F(ShmFault, ArenaWithoutMemoryUsesOneShotMemory) {
  WhereItFails(SYS_fallocate, ENOSPC, [] {
    ShmArena arena(16 << 20);
    ArenaSink sink(&arena);
    if (!Write(sink).ok()) return 1;
    if (sink.in_arena()) return 2;
    ShmViews views;
    const absl::StatusOr<ShmOffer> offer = sink.Offer();
    auto source = views.Open(Received(*offer));
    return source.ok() && (*source)->Next()->nbytes() == 4u << 20 ? 0 : 3;
  });
}

TEST_F(ShmFault, ArenaThatRunsOutOfMemoryUsesOneShotMemory) {
  // Leases and one block are there when the memory ends.
  ++faults_;
  ChildProcess child([] {
    ShmArena own(16 << 20);
    if (!SinkOf(&own, "first")->in_arena()) return 1;
    if (!LetSyscallFail(SYS_fallocate, ENOSPC)) return kSkip;
    if (!SinkOf(&own, "second")->in_arena()) return 2;
    ArenaSink large(&own);
    if (!Write(large).ok() || large.in_arena()) return 3;
    return SinkOf(&own, "third")->in_arena() ? 0 : 4;
  });
  const std::optional<int> ended = child.Wait();
  if (ended == kSkip) GTEST_SKIP() << "no seccomp filters here";
  EXPECT_EQ(ended, 0);
}

TEST_F(ShmFault, NoMemoryAtAllIsAStatus) {
  WhereItFails(SYS_writev, ENOSPC, [] {
    ArenaSink sink(nullptr);
    const absl::Status status = Write(sink);
    if (GetErrno(status) != ENOSPC || sink.Offer().ok()) return 1;
    return GetErrno(Write(**MemfdSink::Create())) == ENOSPC ? 0 : 2;
  });
}

TEST_F(ShmFault, NoUnnamedMemoryIsAStatusAndNamedMemoryServes) {
  WhereItFails(SYS_memfd_create, EPERM, [] {
    ShmArena arena(16 << 20);
    ArenaSink sink(&arena);
    if (GetErrno(Write(sink)) != EPERM) return 1;
    const auto named = ShmSink::CreateOwned();
    if (!named.ok() || !Write(**named).ok()) return 2;
    const absl::StatusOr<ShmDiagnosis> diagnosis = DiagnoseShm();
    if (!diagnosis.ok()) return 3;
    return diagnosis->transport == ShmTransport::kNamed ? 0 : 4;
  });
}

TEST_F(ShmFault, SealsThatCannotBeSetAreAStatus) {
  WhereItFails(SYS_fcntl, EPERM, [] {
    return GetErrno(Write(**MemfdSink::Create())) == EPERM ? 0 : 1;
  });
}

TEST_F(ShmFault, LeasesThatCannotBeOpenedAreAStatus) {
  // As without /proc. The sender cannot know: the receiver says so.
  WhereItFails(SYS_openat, EACCES, [] {
    ShmArena arena(16 << 20);
    const auto sink = SinkOf(&arena, "unreachable");
    const absl::StatusOr<ShmOffer> offer = sink->Offer();
    ShmViews views;
    const auto source = views.Open(Received(*offer));
    if (GetErrno(source.status()) != EACCES) return 1;
    return DiagnoseShm()->transport == ShmTransport::kMemfd ? 0 : 2;
  });
}

TEST_F(ShmFault, MappingThatFailsGivesTheLeaseBack) {
  ++faults_;
  ChildProcess child([] {
    ShmArena arena(2 << 20);
    auto sink = SinkOf(&arena, "not mapped");
    ShmViews views;
    // The arena is known, so that only the message is mapped below.
    {
      const ShmOffer offer = *sink->Offer();
      if (!views.Open(Received(offer)).ok()) return 1;
    }
    const ShmOffer offer = *sink->Offer();
    ShmHandover handover = Received(offer);
    sink.reset();
    if (!LetFileMappingsFail(ENOMEM)) return kSkip;
    const auto source = views.Open(std::move(handover));
    if (GetErrno(source.status()) != ENOMEM) return 2;
    return SinkOf(&arena, "free again")->in_arena() ? 0 : 3;
  });
  const std::optional<int> ended = child.Wait();
  if (ended == kSkip) GTEST_SKIP() << "no seccomp filters here";
  EXPECT_EQ(ended, 0);
}

TEST_F(ShmFault, BlocksThatAChildCannotLeaseArePinned) {
  ++faults_;
  ChildProcess child([] {
    const std::string bytes = SampleBytes(1000);
    ShmArena arena(2 * kArenaBlockSize);
    ShmViews views;
    std::optional<Buffer> held;
    {
      const auto sink = SinkOf(&arena, bytes);
      const ShmOffer offer = *sink->Offer();
      held = *(*views.Open(Received(offer), MapAccess::kReadOnly))->Next();
    }
    SocketPair written;
    if (!LetSyscallFail(SYS_openat, EMFILE)) return kSkip;
    ChildProcess grandchild([&] {
      char byte = 0;
      if (::read(written.right.get(), &byte, 1) != 1) return 1;
      return held->chars() == bytes ? 0 : 2;
    });
    held.reset();
    // One block is left; the other is not used again, whoever lets go of it.
    for (int i = 0; i < 3; ++i) {
      if (!SinkOf(&arena, std::string(1000, '#'))->in_arena()) return 3;
    }
    if (SinkOf(&arena, std::string(kArenaBlockSize, '#'))->in_arena()) return 4;
    if (::write(written.left.get(), "x", 1) != 1) return 5;
    return grandchild.Wait().value_or(6);
  });
  const std::optional<int> ended = child.Wait();
  if (ended == kSkip) GTEST_SKIP() << "no seccomp filters here";
  EXPECT_EQ(ended, 0);
}

TEST_F(ShmFault, WithoutNamelessFilesNamedMemoryAppearsWholeAllTheSame) {
  ++faults_;
  ChildProcess child([] {
    if (!LetNamelessFilesFail(EOPNOTSUPP)) return kSkip;
    const std::string name = absl::StrCat("/pickle5-nameless-", ::getpid());
    for (int i = 0; i < 2; ++i) {
      const auto sink = ShmSink::Create(name, ShmSink::IfExists::kReplace);
      if (!sink.ok()) return 1;
      if (i == 0 && ShmSource::Open(name).ok()) return 2;
      if (!Write(**sink).ok() || !ShmSource::Open(name).ok()) return 3;
    }
    if (!ShmSource::Unlink(name).ok()) return 4;
    { const auto dropped = ShmSink::Create(name); }
    const auto owned = ShmSink::CreateOwned();
    if (!Write(**owned).ok() || !ShmSource::Open((*owned)->name()).ok()) {
      return 5;
    }
    const absl::StatusOr<std::vector<ShmSegment>> all = ShmJanitor().List();
    if (!all.ok()) return 7;
    for (const ShmSegment& segment : *all) {
      if (segment.owner && segment.owner->pid == ::getpid() &&
          segment.abandoned) {
        return 6;
      }
    }
    return 0;
  });
  const std::optional<int> ended = child.Wait();
  if (ended == kSkip) GTEST_SKIP() << "no seccomp filters here";
  EXPECT_EQ(ended, 0);
  // What it left is what _exit() without destructors leaves.
  ASSERT_TRUE(ShmJanitor().Clean().ok());
}

TEST_F(ShmFault, FileSizeLimitIsAStatus) {
  ++faults_;
  ShmArena arena(16 << 20);
  ArenaSink sink(&arena);
  const FileSizeLimit limit(1 << 20);
  EXPECT_EQ(GetErrno(Write(sink)), EFBIG);
}

// In a mount namespace of its own, with 1 MiB of /dev/shm.
TEST_F(ShmFault, FullSharedMemoryIsAStatusAndLeavesNothing) {
  ++faults_;
  ChildProcess child([] {
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") != 0) {
      return kSkip;
    }
    for (const bool owned : {false, true}) {
      auto sink = owned ? ShmSink::CreateOwned() : ShmSink::Create("/full");
      if (!sink.ok()) return 1;
      const absl::Status status = Write(**sink);
      if (GetErrno(status) != ENOSPC ||
          status.code() != absl::StatusCode::kResourceExhausted) {
        return 2;
      }
    }
    if (!ShmJanitor().List()->empty()) return 3;
    // What fits still does, and unnamed memory does not depend on it.
    auto small = ShmSink::Create("/full");
    if (!(*small)->Accept(*Buffer::Copy("fits")).ok()) return 4;
    if (!(*small)->Close().ok()) return 5;
    if ((*ShmSource::Open("/full"))->Next()->chars() != "fits") return 6;
    ArenaSink unnamed(nullptr);
    return Write(unnamed).ok() ? 0 : 7;
  });
  const std::optional<int> ended = child.Wait();
  if (ended == kSkip) GTEST_SKIP() << "only root can mount";
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace pickle5
