#include "buffers/filters/limiting_sink.h"

#include <utility>
#include <vector>

#include "buffers/filters/limiting_source.h"
#include "buffers/memory_sink.h"
#include "buffers/memory_source.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

// How many of the buffers of 3, 4 and 5 bytes pass, in either direction.
size_t CountPassed(const BufferLimits& limits) {
  const std::vector<Buffer> buffers = {
      Buffer::Borrow("abc"), Buffer::Borrow("defg"), Buffer::Borrow("hijkl")};
  MemorySink memory;
  LimitingSink sink(limits, &memory);
  for (const Buffer& buffer : buffers) {
    if (sink.Accept(buffer).ok()) continue;
    EXPECT_EQ(sink.status().code(), absl::StatusCode::kResourceExhausted);
    break;
  }
  MemorySource all(buffers);
  LimitingSource source(limits, &all);
  size_t read = 0;
  while (source.Next().ok()) ++read;
  EXPECT_EQ(source.status().code(), read == buffers.size()
                                        ? absl::StatusCode::kOutOfRange
                                        : absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(read, memory.buffers().size());
  return read;
}

TEST(LimitingSink, LimitPassesAndOneMoreDoesNot) {
  EXPECT_EQ(CountPassed({}), 3u);
  EXPECT_EQ(CountPassed({.max_buffer_bytes = 5}), 3u);
  EXPECT_EQ(CountPassed({.max_buffer_bytes = 4}), 2u);
  EXPECT_EQ(CountPassed({.max_bytes = 12}), 3u);
  EXPECT_EQ(CountPassed({.max_bytes = 11}), 2u);
  EXPECT_EQ(CountPassed({.max_bytes = 2}), 0u);
  EXPECT_EQ(CountPassed({.max_buffers = 3}), 3u);
  EXPECT_EQ(CountPassed({.max_buffers = 1}), 1u);
}

TEST(LimitingSink, SaysWhichBufferAndWhichLimit) {
  MemorySink memory;
  LimitingSink sink({.max_bytes = 4}, &memory);
  ASSERT_TRUE(sink.Accept(Buffer::Borrow("abc")).ok());
  EXPECT_EQ(sink.Accept(Buffer::Borrow("de")).status().message(),
            "buffer 1: 2 bytes behind 3, 4 are allowed in all");
}

}  // namespace
}  // namespace pickle5
