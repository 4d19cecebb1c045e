#include "buffers/system/process_identity.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"

namespace pickle5 {
namespace {

TEST(ProcessIdentity, ThisProcessIsAlive) {
  const ProcessIdentity self = CurrentProcess();
  EXPECT_EQ(self.pid, ::getpid());
  EXPECT_NE(self.start_time, 0u);
  EXPECT_TRUE(IsAlive(self));
}

TEST(ProcessIdentity, SameIdAtAnotherTimeIsAnotherProcess) {
  ProcessIdentity other = CurrentProcess();
  ++other.start_time;
  EXPECT_FALSE(IsAlive(other));
}

TEST(ProcessIdentity, KilledProcessIsDeadEvenBeforeItIsWaitedFor) {
  ChildProcess child([] {
    ::pause();
    return 0;
  });
  const ProcessIdentity identity = {child.pid(),
                                    StartTimeOf(child.pid()).value_or(0)};
  EXPECT_TRUE(IsAlive(identity));
  ::kill(child.pid(), SIGKILL);
  siginfo_t info = {};
  ASSERT_EQ(
      ::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT),
      0);
  EXPECT_FALSE(IsAlive(identity));
  child.Kill();
  EXPECT_FALSE(IsAlive(identity));
  EXPECT_FALSE(StartTimeOf(identity.pid).has_value());
}

TEST(ProcessIdentity, NobodyIsDead) { EXPECT_FALSE(IsAlive({})); }

}  // namespace
}  // namespace pickle5
