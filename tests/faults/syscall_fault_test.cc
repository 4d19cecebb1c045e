// Every system call of every operation on descriptors fails once, and from some
// point on, and transfers less than it was asked for: the operation says which
// error it was or does what it does without faults, what was there before stays
// whole, nothing is leaked, and the same objects then do it right.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "buffers/arena/shm_doctor.h"
#include "buffers/io_status.h"
#include "gtest/gtest.h"
#include "io_operations.h"
#include "syscall_faults.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

struct FaultKind {
  std::string_view name;
  SyscallFault fault;
  bool must_succeed;  // the call is to be repeated or continued
};

constexpr uint32_t kInterruptible =
    kRead | kReadAt | kWrite | kSync | kSize | kPoll;
constexpr uint32_t kTakesSpace = kWrite | kSync | kName | kOpen | kSize;

constexpr std::array kKinds = {
    FaultKind{"EIO", {.error_number = EIO}, false},
    FaultKind{
        "EIO from then on", {.error_number = EIO, .lasting = true}, false},
    FaultKind{"ENOSPC", {kTakesSpace, ENOSPC}, false},
    FaultKind{"ENOSPC from then on", {kTakesSpace, ENOSPC, true}, false},
    FaultKind{"EDQUOT", {kTakesSpace, EDQUOT}, false},
    FaultKind{"EACCES", {kAllSyscalls & ~kLock, EACCES}, false},
    FaultKind{
        "EACCES from then on", {kAllSyscalls & ~kLock, EACCES, true}, false},
    FaultKind{"EMFILE", {kOpen, EMFILE}, false},
    FaultKind{"EMFILE from then on", {kOpen, EMFILE, true}, false},
    FaultKind{"ENOMEM", {kMap | kAdvise | kRead | kWrite, ENOMEM}, false},
    FaultKind{"ENOMEM from then on",
              {kMap | kAdvise | kRead | kWrite, ENOMEM, true},
              false},
    FaultKind{"EINTR", {kInterruptible, EINTR}, true},
    FaultKind{"EAGAIN", {kRead | kWrite, EAGAIN}, true},
    FaultKind{"short", {kRead | kReadAt | kWrite}, true},
    FaultKind{"short from then on", {kRead | kReadAt | kWrite, 0, true}, true},
};

class SyscallFaultTest : public testing::Test {
 protected:
  void TearDown() override {
    std::printf("%lld points\n", static_cast<long long>(points_));
  }

  // What is in the folder, by name.
  static std::string Names(const TempDir& folder) {
    std::vector<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder.path())) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    std::string text;
    for (const std::string& name : names) absl::StrAppend(&text, name, " ");
    return text;
  }

  // What an operation makes of a scene: what it says, and the old file.
  static std::string Outcome(const IoScene& scene) {
    return scene.made + "|" + ReadAll(scene.old);
  }

  std::string OutcomeWithoutFault(const IoOperation& operation) {
    IoScene scene(folder_);
    Prepare(operation, &scene);
    const absl::Status status = operation.run(scene);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(Names(scene.folder), "input old ");
    return Outcome(scene);
  }

  // The n-th call goes wrong. False if there is none.
  bool Inject(const IoOperation& operation, const FaultKind& kind, int64_t n,
              const std::string& wanted) {
    IoScene scene(folder_);
    Prepare(operation, &scene);
    SyscallFaults faults(kind.fault, n);
    absl::Status status = operation.run(scene);
    if (faults.Stop() == 0) return false;
    ++points_;
    SCOPED_TRACE(SyscallFaults::FirstCall());
    ExpectRight(operation, kind, scene, status, wanted);
    Prepare(operation, &scene);
    status = operation.run(scene);
    EXPECT_TRUE(status.ok()) << "afterwards: " << status;
    EXPECT_TRUE(Outcome(scene) == wanted) << "not right afterwards";
    EXPECT_EQ(Names(scene.folder), "input old ");
    return true;
  }

  static void ExpectRight(const IoOperation& operation, const FaultKind& kind,
                          const IoScene& scene, const absl::Status& status,
                          const std::string& wanted) {
    if (status.ok()) {
      EXPECT_TRUE(Outcome(scene) == wanted) << "other bytes";
      return;
    }
    EXPECT_FALSE(kind.must_succeed) << status;
    EXPECT_EQ(GetErrno(status), kind.fault.error_number) << status;
    EXPECT_EQ(status.code(), absl::ErrnoToStatusCode(kind.fault.error_number));
    const std::string now = ReadAll(scene.old);
    const std::string_view old = operation.old();
    // Where nothing can be done any more, half an addition stays.
    EXPECT_TRUE(now == old || absl::StrCat("|", now) == wanted ||
                (kind.fault.lasting && now.starts_with(old)))
        << "damaged";
  }

  const TempDir folder_;
  int64_t points_ = 0;
};

TEST_F(SyscallFaultTest, EachCallOfEachOperation) {
  for (const IoOperation& operation : IoOperations()) {
    if (!operation.fails_with_calls) continue;
    const std::string wanted = OutcomeWithoutFault(operation);
    const size_t fds = CountOpenFds();
    const int64_t mapped = MappedBytes();
    for (const FaultKind& kind : kKinds) {
      for (int64_t n = 1;; ++n) {
        SCOPED_TRACE(absl::StrCat(std::string(operation.name), ", ",
                                  std::string(kind.name), " of call ", n));
        if (!Inject(operation, kind, n, wanted)) break;
        EXPECT_EQ(CountOpenFds(), fds) << "descriptors leak";
        EXPECT_EQ(MappedBytes(), mapped) << "mappings leak";
      }
    }
  }
  EXPECT_GT(points_, 2000);
}

bool IsFine(const ShmDiagnosis& diagnosis, std::string_view name) {
  for (const ShmFact& fact : diagnosis.facts) {
    if (fact.name == name) return fact.fine;
  }
  ADD_FAILURE() << "no fact " << name;
  return false;
}

// What can be used according to the facts.
ShmTransport BestOf(const ShmDiagnosis& diagnosis) {
  if (!IsFine(diagnosis, "memfd") || !IsFine(diagnosis, "fd_passing")) {
    return IsFine(diagnosis, "named") ? ShmTransport::kNamed
                                      : ShmTransport::kStreamOnly;
  }
  return IsFine(diagnosis, "arena") ? ShmTransport::kArena
                                    : ShmTransport::kMemfd;
}

TEST(DoctorFault, WhatIsRefusedIsToldAndNotAdvised) {
  std::set<ShmTransport> advised;
  std::set<std::string> refused;
  const size_t fds = CountOpenFds();
  for (const uint32_t groups :
       {uint32_t{kOpen}, uint32_t{kSocket}, uint32_t{kSystem}, kMap | kSize}) {
    for (const bool lasting : {false, true}) {
      for (int64_t n = 1;; ++n) {
        SyscallFaults faults({groups, EACCES, lasting}, n);
        const absl::StatusOr<ShmDiagnosis> found = DiagnoseShm();
        const bool hit = faults.Stop() != 0;
        SCOPED_TRACE(absl::StrCat(SyscallFaults::FirstCall(), " ", n));
        ASSERT_TRUE(found.ok()) << found.status();
        EXPECT_EQ(found->transport, BestOf(*found));
        EXPECT_EQ(CountOpenFds(), fds) << "descriptors leak";
        if (!hit) break;
        advised.insert(found->transport);
        for (const ShmFact& fact : found->facts) {
          if (fact.fine) continue;
          refused.insert(fact.name);
          EXPECT_FALSE(fact.note.empty()) << fact.name;
        }
      }
    }
  }
  EXPECT_EQ(advised.size(), 4u);
  for (const char* const name :
       {"memfd", "fd_passing", "arena", "broker", "named", "dev_shm"}) {
    EXPECT_EQ(refused.count(name), 1u) << name;
  }
}

TEST(DoctorFault, EachTransportHasAName) {
  EXPECT_EQ(ShmTransportName(ShmTransport::kArena), "arena");
  EXPECT_EQ(ShmTransportName(ShmTransport::kMemfd), "memfd");
  EXPECT_EQ(ShmTransportName(ShmTransport::kNamed), "named");
  EXPECT_EQ(ShmTransportName(ShmTransport::kStreamOnly), "stream");
}

}  // namespace
}  // namespace pickle5
