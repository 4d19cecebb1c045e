#include <cstddef>
#include <string>
#include <vector>

#include "buffers/description.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

using Dims = std::vector<ptrdiff_t>;

std::string Encode(const BufferDescription& description) {
  std::string bytes;
  LittleEndianEncoder out(&bytes);
  PutDescriptionHead(description, out);
  PutDescriptionTail(description, out);
  return bytes;
}

// What is wrong, or nothing.
std::string Decode(std::string_view bytes, BufferDescription* description) {
  LittleEndianDecoder in(bytes);
  const DescriptionHead head = GetDescriptionHead(in);
  const std::string wrong(GetDescriptionTail(head, in, description));
  EXPECT_TRUE(!wrong.empty() || in.left() == 0);
  return wrong;
}

// `buffer` on its way through the encoded form.
Buffer RoundTrip(const Buffer& buffer) {
  BufferDescription description;
  EXPECT_EQ(Decode(Encode(DescriptionOf(buffer)), &description), "");
  return *Describe(*Buffer::Copy(buffer.chars()), description);
}

TEST(BufferDescription, PlainBytesAreShortAndComeBack) {
  EXPECT_EQ(Encode(DescriptionOf(Buffer::Borrow("abc"))).size(),
            kDescriptionHeadSize);
  const Buffer buffer = RoundTrip(Buffer::Borrow("abc"));
  EXPECT_FALSE(buffer.has_layout());
  EXPECT_TRUE(buffer.readonly());
  EXPECT_FALSE(RoundTrip(*Buffer::Copy("abc")).readonly());
}

TEST(BufferDescription, EitherOrderComesBack) {
  const Buffer bytes = *Buffer::Allocate(48);
  const Buffer c = RoundTrip(*bytes.WithShape("<d", 8, Dims{2, 3}));
  EXPECT_EQ(c.format(), "<d");
  EXPECT_EQ(Dims(c.strides().begin(), c.strides().end()), (Dims{24, 8}));
  const Buffer f =
      RoundTrip(*bytes.WithShape("<d", 8, Dims{2, 3}, Dims{8, 16}));
  EXPECT_EQ(Dims(f.strides().begin(), f.strides().end()), (Dims{8, 16}));
}

TEST(BufferDescription, LongFormatIsPadded) {
  const Buffer buffer = *Buffer::Allocate(9)->WithShape("T{b:a:d:b:}", 9, {});
  EXPECT_EQ(Encode(DescriptionOf(buffer)).size(), kDescriptionHeadSize + 16);
  EXPECT_EQ(RoundTrip(buffer).format(), "T{b:a:d:b:}");
}

TEST(BufferDescription, FlagsOfTheFormatAroundItMustBeTakenOut) {
  std::string bytes;
  LittleEndianEncoder out(&bytes);
  PutDescriptionHead(DescriptionOf(Buffer::Borrow("abc")), out, 8);
  BufferDescription description;
  EXPECT_EQ(Decode(bytes, &description), "unknown flags");
}

TEST(BufferDescription, TailThatIsNotThereIsSaid) {
  const Buffer array = *Buffer::Allocate(48)->WithShape("<d", 8, Dims{2, 3});
  const std::string bytes = Encode(DescriptionOf(array));
  BufferDescription description;
  for (size_t size = kDescriptionHeadSize; size < bytes.size(); ++size) {
    EXPECT_EQ(Decode(std::string_view(bytes).substr(0, size), &description),
              "the index is too short for a layout");
  }
}

TEST(BufferDescription, PaddingIsZero) {
  std::string bytes = Encode(
      DescriptionOf(*Buffer::Allocate(9)->WithShape("T{b:a:d:b:}", 9, {})));
  bytes.back() = 1;
  BufferDescription description;
  EXPECT_EQ(Decode(bytes, &description), "padding that is not zero");
}

TEST(BufferDescription, ShapeThatDoesNotFitIsRefused) {
  const Buffer array = *Buffer::Allocate(48)->WithShape("<d", 8, Dims{2, 3});
  EXPECT_EQ(
      Describe(*Buffer::Allocate(40), DescriptionOf(array)).status().code(),
      absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace pickle5
