#include "buffers/io_status.h"

#include <cerrno>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(IoStatus, SaysWhatFailedAndWhy) {
  const absl::Status status = IoStatus(ENOENT, "open /no/such");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("open /no/such"));
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("No such file"));
}

TEST(IoStatus, FullDiskCanBeToldFromALimit) {
  EXPECT_EQ(GetErrno(IoStatus(ENOSPC, "write")), ENOSPC);
  EXPECT_EQ(GetErrno(OutOfMemoryStatus()), std::nullopt);
  EXPECT_EQ(GetErrno(absl::OkStatus()), std::nullopt);
}

TEST(IoStatus, OutOfMemoryIsResourceExhausted) {
  EXPECT_EQ(OutOfMemoryStatus(), absl::ResourceExhaustedError("out of memory"));
}

}  // namespace
}  // namespace pickle5
