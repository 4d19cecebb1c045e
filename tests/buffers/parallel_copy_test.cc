#include "buffers/system/parallel_copy.h"

#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/buffers/child_process.h"
#include "tests/buffers/failing_syscall.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

std::span<const uint8_t> AsBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

TEST(ParallelCopy, CopiesAllAndNoMore) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{100000}, (size_t{64} << 20) + 4097}) {
    const std::string bytes = SampleBytes(size);
    std::vector<uint8_t> copy(size + 1, 0xee);
    ParallelCopy(copy.data(), AsBytes(bytes));
    EXPECT_EQ(copy.back(), 0xee);
    copy.pop_back();
    EXPECT_TRUE(std::equal(copy.begin(), copy.end(), AsBytes(bytes).begin()));
  }
}

TEST(ParallelCopy, OnlyManyBytesTakeThreads) {
  EXPECT_EQ(CopyThreads(0, 8), 1u);
  EXPECT_EQ(CopyThreads(size_t{63} << 20, 8), 1u);
  EXPECT_EQ(CopyThreads(size_t{64} << 20, 8), 2u);
  EXPECT_EQ(CopyThreads(size_t{4} << 30, 2), 2u);
  EXPECT_EQ(CopyThreads(size_t{4} << 30, 64), 4u);
  EXPECT_EQ(CopyThreads(size_t{4} << 30, 0), 1u);
}

TEST(ParallelCopy, WithoutThreadsItCopiesAllTheSame) {
  constexpr int kSkip = 77;
  ChildProcess child([] {
    const std::string bytes = SampleBytes(size_t{64} << 20);
    std::vector<uint8_t> copy(bytes.size());
    if (!LetSyscallFail(SYS_clone, EAGAIN) ||
        !LetSyscallFail(SYS_clone3, EAGAIN)) {
      return kSkip;
    }
    ParallelCopy(copy.data(), AsBytes(bytes));
    return std::equal(copy.begin(), copy.end(), AsBytes(bytes).begin()) ? 0 : 1;
  });
  const std::optional<int> ended = child.Wait();
  if (ended == kSkip) GTEST_SKIP() << "no seccomp filters here";
  EXPECT_EQ(ended, 0);
}

}  // namespace
}  // namespace pickle5
