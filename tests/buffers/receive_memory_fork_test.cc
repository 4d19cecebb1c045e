#include <atomic>
#include <optional>
#include <thread>

#include "buffers/buffer.h"
#include "buffers/system/receive_memory.h"
#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"

namespace pickle5 {
namespace {

TEST(ReceiveMemoryFork, ForksWhileAnotherThreadGivesBlocksBack) {
  ReceiveMemory memory;
  std::optional<Buffer> held = *memory.Allocate(ReceiveMemory::kLargeBytes);
  std::atomic<bool> stop = false;
  bool all_given = true;
  std::thread busy([&] {
    while (!stop) {
      all_given &= memory.Allocate(ReceiveMemory::kLargeBytes).ok();
    }
  });
  for (int i = 0; i < 200; ++i) {
    ChildProcess child([&held] {
      held.reset();
      return 0;
    });
    EXPECT_EQ(child.Wait(), 0);
  }
  stop = true;
  busy.join();
  EXPECT_TRUE(all_given);
}

}  // namespace
}  // namespace pickle5
