// Every allocation of every operation on files, streams and shared memory fails
// once, and from some point on: the operation says ResourceExhausted or does
// what it does without faults, what was there before stays whole, nothing is
// leaked, and the same objects then do it right.

#include <cstdint>
#include <cstdio>
#include <new>
#include <string>

#include "absl/strings/str_cat.h"
#include "allocation_faults.h"
#include "gtest/gtest.h"
#include "io_operations.h"
#include "tests/buffers/open_fds.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

// What the scene's own strings and streams throw is ours.
absl::Status RunGuarded(const IoOperation& operation, IoScene& scene) {
  try {
    return operation.run(scene);
  } catch (const std::bad_alloc&) {
    return absl::ResourceExhaustedError("");
  }
}

class IoAllocationTest : public testing::Test {
 protected:
  void TearDown() override {
    std::printf("%lld points\n", static_cast<long long>(points_));
  }

  static std::string Outcome(const IoScene& scene) {
    return absl::StrCat(scene.made, "|", ReadAll(scene.old));
  }

  // The n-th allocation fails. False if there is none.
  bool Inject(const IoOperation& operation, int64_t n, bool lasting,
              const std::string& wanted) {
    IoScene scene(folder_);
    Prepare(operation, &scene);
    AllocationFaults faults(n, lasting);
    const absl::Status failed = RunGuarded(operation, scene);
    const absl::StatusCode code = failed.code();
    const bool hit = faults.Stop() != 0;
    points_ += hit;
    if (code == absl::StatusCode::kOk) {
      EXPECT_TRUE(Outcome(scene) == wanted) << "other bytes";
    } else {
      EXPECT_TRUE(hit);
      EXPECT_EQ(code, absl::StatusCode::kResourceExhausted) << failed;
      const std::string now = ReadAll(scene.old);
      EXPECT_TRUE(now.starts_with(operation.old()) ||
                  absl::StrCat("|", now) == wanted)
          << "damaged";
    }
    Prepare(operation, &scene);
    const absl::Status status = RunGuarded(operation, scene);
    EXPECT_TRUE(status.ok()) << "afterwards: " << status;
    EXPECT_TRUE(Outcome(scene) == wanted) << "not right afterwards";
    return hit;
  }

  const TempDir folder_;
  int64_t points_ = 0;
};

TEST_F(IoAllocationTest, EachAllocationOfEachOperation) {
  for (const IoOperation& operation : IoOperations()) {
    std::string wanted;
    {
      IoScene scene(folder_);
      Prepare(operation, &scene);
      const absl::Status status = operation.run(scene);
      ASSERT_TRUE(status.ok()) << operation.name << ": " << status;
      wanted = Outcome(scene);
    }
    for (const bool lasting : {false, true}) {
      for (int64_t n = 1;; ++n) {
        SCOPED_TRACE(absl::StrCat(std::string(operation.name), ", allocation ",
                                  n, lasting ? " and all that follow" : ""));
        const int64_t blocks = LiveAllocations();
        const size_t fds = CountOpenFds();
        const bool hit = Inject(operation, n, lasting, wanted);
        ASSERT_EQ(LiveAllocations(), blocks) << "memory leaks";
        ASSERT_EQ(CountOpenFds(), fds) << "descriptors leak";
        if (HasFailure()) return;
        if (!hit) break;
      }
    }
  }
  EXPECT_GT(points_, 1000);
}

}  // namespace
}  // namespace pickle5
