#include "buffers/files/buffer_file_writer.h"

#include <fcntl.h>

#include <string>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/files/buffer_file_index.h"
#include "gtest/gtest.h"
#include "tests/buffers/sample_bytes.h"

namespace pickle5 {
namespace {

TEST(BufferFileWriter, PayloadsStandOnMultiplesOf64) {
  MemoryByteWriter out;
  BufferFileWriter writer(&out);
  for (const size_t size : {1u, 0u, 63u, 64u, 65u, 100000u}) {
    ASSERT_TRUE(writer.Append(*Buffer::Copy(SampleBytes(size))).ok());
  }
  ASSERT_TRUE(writer.Finish().ok());
  const absl::StatusOr<std::vector<BufferFileEntry>> entries =
      DecodeBufferFileIndex(out.written());
  ASSERT_TRUE(entries.ok()) << entries.status();
  std::vector<uint64_t> offsets;
  for (const BufferFileEntry& entry : *entries) {
    offsets.push_back(entry.offset);
    EXPECT_EQ(out.written().substr(entry.offset, entry.length),
              SampleBytes(entry.length));
    EXPECT_EQ(entry.digest, DigestOf(SampleBytes(entry.length)));
  }
  EXPECT_EQ(offsets, (std::vector<uint64_t>{64, 128, 128, 192, 256, 384}));
}

TEST(BufferFileWriter, NoBuffersAreHeaderAndFooter) {
  MemoryByteWriter out;
  ASSERT_TRUE(BufferFileWriter(&out).Finish().ok());
  EXPECT_EQ(out.written().size(), 128u);
}

TEST(BufferFileWriter, FailureOfTheWriterIsReturned) {
  FdByteWriter out(OwnedFd(::open("/dev/full", O_WRONLY)));
  BufferFileWriter writer(&out);
  EXPECT_EQ(writer.Append(Buffer::Borrow("abc")).code(), absl::StatusCode::kOk);
  EXPECT_EQ(writer.Append(Buffer::Borrow(SampleBytes(100000))).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(writer.Finish().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace pickle5
