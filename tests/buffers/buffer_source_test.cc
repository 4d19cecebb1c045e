#include <new>

#include "buffers/buffer.h"
#include "buffers/source.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

// One buffer, then the end, or bad_alloc.
class ScriptedSource final : public BufferSource {
 public:
  bool bad_alloc = false;
  int calls = 0;

 protected:
  absl::StatusOr<Buffer> NextBuffer() override {
    if (bad_alloc) throw std::bad_alloc();
    if (calls++ == 0) return Buffer::Borrow("abc");
    return EndOfBuffers();
  }
};

TEST(BufferSource, EndIsWordedAsCPythonDoesAndSticks) {
  ScriptedSource source;
  EXPECT_EQ(source.Next()->chars(), "abc");
  EXPECT_EQ(source.count(), 1u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(source.Next().status(),
              absl::OutOfRangeError("not enough out-of-band buffers"));
  }
  EXPECT_EQ(source.calls, 2);
  EXPECT_EQ(source.count(), 1u);
}

TEST(BufferSource, BadAllocIsResourceExhausted) {
  ScriptedSource source;
  source.bad_alloc = true;
  EXPECT_EQ(source.Next().status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(source.status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace pickle5
