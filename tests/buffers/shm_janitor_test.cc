#include "buffers/files/shm_janitor.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "buffers/buffer.h"
#include "buffers/files/shm_sink.h"
#include "buffers/files/shm_source.h"
#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"
#include "tests/buffers/socket_pair.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

// Others use the machine's shared memory too: only these names are looked at.
class Janitor : public ::testing::Test {
 protected:
  std::optional<ShmSegment> Find(const std::string& name) {
    const absl::StatusOr<std::vector<ShmSegment>> all = janitor_.List();
    EXPECT_TRUE(all.ok()) << all.status();
    for (const ShmSegment& segment : *all) {
      if (segment.name == name) return segment;
    }
    return std::nullopt;
  }

  // The name of what a process that was killed has left.
  std::string LeftOver() {
    SocketPair names;
    ChildProcess owner([&names] {
      const std::unique_ptr<ShmSink> sink = *ShmSink::CreateOwned();
      if (!sink->Accept(*Buffer::Copy("left")).ok()) return 1;
      if (!sink->Close().ok()) return 2;
      const std::string& name = sink->name();
      if (::write(names.left.get(), name.data(), name.size()) < 0) return 3;
      ::pause();
      return 0;
    });
    std::string name(255, 0);
    const ssize_t size = ::read(names.right.get(), name.data(), name.size());
    name.resize(static_cast<size_t>(std::max<ssize_t>(size, 0)));
    const std::optional<ShmSegment> segment = Find(name);
    EXPECT_TRUE(segment.has_value());
    EXPECT_FALSE(segment->abandoned);
    EXPECT_EQ(segment->owner->pid, owner.pid());
    return name;
  }

  ShmJanitor janitor_;
};

TEST_F(Janitor, WhatAKilledProcessLeftIsRemoved) {
  const std::string name = LeftOver();
  ASSERT_TRUE(Find(name).has_value());
  EXPECT_TRUE(Find(name)->abandoned);
  const absl::StatusOr<std::vector<ShmSegment>> removed = janitor_.Clean();
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_TRUE(std::any_of(removed->begin(), removed->end(),
                          [&](const auto& i) { return i.name == name; }));
  EXPECT_FALSE(Find(name).has_value());
}

TEST_F(Janitor, WhatALivingProcessOwnsStays) {
  const std::unique_ptr<ShmSink> sink = *ShmSink::CreateOwned();
  ASSERT_TRUE(sink->Accept(*Buffer::Copy("alive")).ok());
  ASSERT_TRUE(sink->Close().ok());
  ASSERT_TRUE(janitor_.Clean().ok());
  const std::optional<ShmSegment> segment = Find(sink->name());
  ASSERT_TRUE(segment.has_value());
  EXPECT_FALSE(segment->abandoned);
  EXPECT_EQ(segment->owner->pid, ::getpid());
  EXPECT_GT(segment->bytes, 0u);
}

TEST_F(Janitor, WhatIsMeantToOutliveItsProcessStays) {
  const std::string name = absl::StrCat("/pickle5-janitor-", ::getpid());
  const absl::Cleanup unlink = [&name] {
    ShmSource::Unlink(name).IgnoreError();
  };
  ChildProcess writer([&name] {
    const std::unique_ptr<ShmSink> sink = *ShmSink::Create(name);
    if (!sink->Accept(*Buffer::Copy("meant to stay")).ok()) return 1;
    return sink->Close().ok() ? 0 : 2;
  });
  ASSERT_EQ(writer.Wait(), 0);
  ASSERT_TRUE(janitor_.Clean().ok());
  const std::optional<ShmSegment> segment = Find(name);
  ASSERT_TRUE(segment.has_value());
  EXPECT_FALSE(segment->owner.has_value());
  EXPECT_FALSE(segment->abandoned);
  EXPECT_TRUE(janitor_.Remove(name).ok());
  EXPECT_FALSE(Find(name).has_value());
  EXPECT_EQ(janitor_.Remove(name).code(), absl::StatusCode::kNotFound);
}

TEST_F(Janitor, OtherProgramsMemoryIsLeftAlone) {
  const TempDir dir;
  const ShmJanitor janitor(dir.path());
  WriteAll(dir.File("theirs"), "something else");
  WriteAll(dir.File("pickle5-owned-no-owner"), "a name like ours");
  EXPECT_TRUE(janitor.List()->empty());
  EXPECT_TRUE(janitor.Clean()->empty());
  EXPECT_EQ(janitor.Remove("theirs").code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(dir.CountFiles(), 2u);
}

TEST_F(Janitor, IdThatWasUsedAgainIsNoOwner) {
  const TempDir dir;
  const ShmJanitor janitor(dir.path());
  const ProcessIdentity self = CurrentProcess();
  WriteAll(dir.File(absl::StrCat("pickle5-owned-", self.pid, "-",
                                 self.start_time - 1, "-a")),
           "of one who had our id before");
  const std::string ours =
      absl::StrCat("pickle5-owned-", self.pid, "-", self.start_time, "-a");
  WriteAll(dir.File(ours), "ours, though not locked yet");
  EXPECT_EQ(janitor.Clean()->size(), 1u);
  ASSERT_EQ(janitor.List()->size(), 1u);
  EXPECT_EQ(janitor.List()->front().name, "/" + ours);
}

TEST_F(Janitor, LockOfAProcessThatCannotBeSeenCounts) {
  const TempDir dir;
  const ShmJanitor janitor(dir.path());
  // In another pid namespace the id means another process, or none.
  const std::string name = dir.File("pickle5-owned-999999999-1-a");
  WriteAll(name, "locked");
  ChildProcess owner([&name] {
    const int fd = ::open(name.c_str(), O_RDWR | O_CLOEXEC);
    if (::flock(fd, LOCK_EX) != 0) return 1;
    ::pause();
    return 0;
  });
  while (janitor.List()->front().abandoned) ::usleep(1000);
  EXPECT_TRUE(janitor.Clean()->empty());
  owner.Kill();
  EXPECT_EQ(janitor.Clean()->size(), 1u);
}

TEST_F(Janitor, DirectoryThatIsNotThereIsAStatus) {
  EXPECT_EQ(ShmJanitor("/nowhere").List().status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace pickle5
