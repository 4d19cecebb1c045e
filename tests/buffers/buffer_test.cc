#include "buffers/buffer.h"

#include <atomic>
#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace pickle5 {
namespace {

using ::testing::ElementsAre;
using Dims = std::vector<ptrdiff_t>;

Buffer Zeros(size_t nbytes) {
  return *Buffer::Own(std::vector<uint8_t>(nbytes));
}

absl::StatusCode ShapeError(size_t nbytes, size_t itemsize, const Dims& shape,
                            const Dims& strides = {}, size_t offset = 0) {
  return Zeros(nbytes)
      .WithShape("x", itemsize, shape, strides, offset)
      .status()
      .code();
}

TEST(Buffer, DefaultIsEmptyAndReadonly) {
  const Buffer buffer;
  EXPECT_EQ(buffer.nbytes(), 0u);
  EXPECT_TRUE(buffer.readonly());
  EXPECT_TRUE(buffer.bytes().empty());
  EXPECT_THAT(buffer.shape(), ElementsAre(0));
}

TEST(Buffer, PlainBytesAreOneDimensionOfB) {
  const Buffer buffer = Buffer::Borrow("abc");
  EXPECT_EQ(buffer.format(), "B");
  EXPECT_EQ(buffer.itemsize(), 1u);
  EXPECT_EQ(buffer.ndim(), 1u);
  EXPECT_THAT(buffer.shape(), ElementsAre(3));
  EXPECT_THAT(buffer.strides(), ElementsAre(1));
  EXPECT_FALSE(buffer.has_layout());
  EXPECT_EQ(buffer.chars(), "abc");
}

TEST(Buffer, BorrowedBytesAreReadonlyUnlessMutable) {
  std::vector<uint8_t> memory = {1, 2, 3};
  EXPECT_EQ(Buffer::Borrow(std::span<const uint8_t>(memory)).mutable_data(),
            nullptr);
  const Buffer buffer = Buffer::BorrowMutable(memory);
  ASSERT_FALSE(buffer.readonly());
  *buffer.mutable_data() = 9;
  EXPECT_EQ(memory[0], 9);
}

TEST(Buffer, AllocatedMemoryIsAlignedAndWritable) {
  for (const size_t size :
       {size_t{0}, size_t{1}, size_t{65}, size_t{1} << 20}) {
    const absl::StatusOr<Buffer> buffer = Buffer::Allocate(size);
    ASSERT_TRUE(buffer.ok());
    EXPECT_EQ(buffer->nbytes(), size);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(buffer->data()) % Buffer::kAlignment,
              0u);
    EXPECT_NE(buffer->mutable_data(), nullptr);
  }
}

TEST(Buffer, ImpossibleSizesAreResourceExhausted) {
  for (const size_t size :
       {size_t{1} << 60, std::numeric_limits<size_t>::max()}) {
    EXPECT_EQ(Buffer::Allocate(size).status().code(),
              absl::StatusCode::kResourceExhausted);
  }
}

TEST(Buffer, CopyIsIndependentOfItsSource) {
  std::string bytes = "abc";
  const Buffer buffer = *Buffer::Copy(bytes);
  bytes = "xyz";
  EXPECT_EQ(buffer.chars(), "abc");
  EXPECT_FALSE(buffer.readonly());
  EXPECT_EQ(Buffer::Copy(std::string_view())->nbytes(), 0u);
}

TEST(Buffer, OwnedContainersMoveNoBytes) {
  std::string text(1000, 'x');
  const void* const text_data = text.data();
  EXPECT_EQ(Buffer::Own(std::move(text))->data(), text_data);
  std::vector<uint8_t> bytes(1000);
  const void* const bytes_data = bytes.data();
  EXPECT_EQ(Buffer::Own(std::move(bytes))->data(), bytes_data);
  EXPECT_EQ(Buffer::Own(std::string("short"))->chars(), "short");
}

TEST(Buffer, ReleaserRunsOnceWhenTheLastHandleDies) {
  int released = 0;
  {
    Buffer first = *Buffer::WithReleaser("abcd", 4, true, [&] { ++released; });
    Buffer slice = *first.Slice(1, 2);
    Buffer shaped = *first.WithShape("H", 2, Dims{2});
    first = Buffer();
    Buffer moved = std::move(slice);
    shaped = Buffer();
    EXPECT_EQ(released, 0);
    EXPECT_EQ(moved.chars(), "bc");
  }
  EXPECT_EQ(released, 1);
}

TEST(Buffer, ReleaserRunsForMemoryOfNoBytesToo) {
  int released = 0;
  {
    EXPECT_TRUE(
        Buffer::WithReleaser(nullptr, 0, true, [&] { ++released; }).ok());
  }
  EXPECT_EQ(released, 1);
  EXPECT_TRUE(Buffer::WithReleaser("a", 1, true, nullptr).ok());
}

TEST(Buffer, HandlesMayDieOnAnyThread) {
  std::atomic<int> released = 0;
  {
    const Buffer buffer =
        *Buffer::WithReleaser("abcd", 4, true, [&] { ++released; });
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([buffer] {
        for (int j = 0; j < 1000; ++j) Buffer copy = buffer;
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(released, 1);
}

TEST(Buffer, OwnerKeepsTheMemoryAlive) {
  auto owner = std::make_shared<std::string>("abc");
  const std::weak_ptr<std::string> alive = owner;
  Buffer buffer = Buffer::WithOwner(owner->data(), 3, false, owner);
  owner.reset();
  EXPECT_FALSE(alive.expired());
  buffer = Buffer();
  EXPECT_TRUE(alive.expired());
}

TEST(Buffer, ReadonlyHandleSharesTheMemory) {
  const Buffer writable = Zeros(2);
  const Buffer readonly = writable.AsReadonly();
  EXPECT_TRUE(readonly.readonly());
  EXPECT_EQ(readonly.mutable_data(), nullptr);
  *writable.mutable_data() = 7;
  EXPECT_EQ(*readonly.data(), 7);
}

TEST(Buffer, SliceOutsideIsOutOfRange) {
  const Buffer buffer = Buffer::Borrow("abc");
  EXPECT_EQ(buffer.Slice(3, 0)->nbytes(), 0u);
  EXPECT_EQ(buffer.Slice(4, 0).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(buffer.Slice(1, 3).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(buffer.Slice(1, std::numeric_limits<size_t>::max()).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST(Buffer, ShapeWithoutStridesIsInCOrder) {
  const Buffer array = *Zeros(48).WithShape("<d", 8, Dims{2, 3});
  EXPECT_EQ(array.format(), "<d");
  EXPECT_EQ(array.itemsize(), 8u);
  EXPECT_EQ(array.ndim(), 2u);
  EXPECT_THAT(array.shape(), ElementsAre(2, 3));
  EXPECT_THAT(array.strides(), ElementsAre(24, 8));
  EXPECT_EQ(array.nbytes(), 48u);
  EXPECT_EQ(array.bytes().size(), 48u);
}

TEST(Buffer, NoDimensionsAreOneItem) {
  const Buffer scalar = *Zeros(8).WithShape("d", 8, Dims{});
  EXPECT_EQ(scalar.ndim(), 0u);
  EXPECT_EQ(scalar.nbytes(), 8u);
  EXPECT_TRUE(scalar.IsContiguous('C'));
  EXPECT_TRUE(scalar.IsContiguous('F'));
}

// The expectations of the tests on contiguity are what memoryview.c_contiguous
// and f_contiguous say of the same layouts.
TEST(Buffer, ContiguityOfCAndFortranOrder) {
  const Buffer c = *Zeros(24).WithShape("i", 4, Dims{2, 3});
  EXPECT_TRUE(c.IsContiguous('C'));
  EXPECT_FALSE(c.IsContiguous('F'));
  EXPECT_TRUE(c.IsContiguous('A'));
  EXPECT_FALSE(c.IsContiguous('X'));
  const Buffer f = *Zeros(24).WithShape("i", 4, Dims{2, 3}, Dims{4, 8});
  EXPECT_FALSE(f.IsContiguous('C'));
  EXPECT_TRUE(f.IsContiguous('F'));
  EXPECT_TRUE(f.IsContiguous('A'));
  EXPECT_EQ(f.bytes().size(), 24u);
}

TEST(Buffer, StridesOfSingleExtentsDoNotCount) {
  const Buffer array =
      *Zeros(12).WithShape("i", 4, Dims{1, 3, 1}, Dims{-99, 4, 1000});
  EXPECT_TRUE(array.IsContiguous('C'));
  EXPECT_TRUE(array.IsContiguous('F'));
}

TEST(Buffer, ArrayWithoutItemsIsContiguousWhateverItsStrides) {
  const Buffer array = *Zeros(0).WithShape("i", 4, Dims{5, 0}, Dims{-3, 7});
  EXPECT_EQ(array.nbytes(), 0u);
  EXPECT_TRUE(array.IsContiguous('C'));
  EXPECT_TRUE(array.IsContiguous('F'));
  EXPECT_TRUE(Zeros(0).WithShape("V0", 0, Dims{3}).ok());
}

TEST(Buffer, EverySecondItemIsNotContiguous) {
  const Buffer array = *Zeros(24).WithShape("i", 4, Dims{3}, Dims{8});
  EXPECT_EQ(array.nbytes(), 12u);
  EXPECT_FALSE(array.IsContiguous('A'));
  EXPECT_TRUE(array.bytes().empty());
  EXPECT_EQ(array.Slice(0, 1).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(array.WithShape("B", 1, Dims{12}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Buffer, NegativeStridesStartAtTheOffset) {
  const Buffer buffer = Buffer::Borrow("abcdef");
  const Buffer reversed = *buffer.WithShape("B", 1, Dims{6}, Dims{-1}, 5);
  EXPECT_EQ(*reversed.data(), 'f');
  EXPECT_FALSE(reversed.IsContiguous('A'));
  EXPECT_EQ(ShapeError(6, 1, {6}, {-1}, 4), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(6, 1, {6}, {-1}, 6), absl::StatusCode::kInvalidArgument);
}

TEST(Buffer, ContiguousArrayCoversTheBufferExactly) {
  EXPECT_EQ(ShapeError(24, 4, {6}), absl::StatusCode::kOk);
  EXPECT_EQ(ShapeError(24, 4, {5}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(24, 4, {7}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(24, 4, {5}, {4}, 4), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(4, 4, {0}), absl::StatusCode::kInvalidArgument);
}

TEST(Buffer, StridesThatLeaveTheMemoryAreRefused) {
  EXPECT_EQ(ShapeError(24, 4, {3}, {8}, 4), absl::StatusCode::kOk);
  EXPECT_EQ(ShapeError(24, 4, {3}, {8}, 5), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(24, 4, {3}, {12}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(24, 4, {3}, {-8}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(24, 4, {6}, {4}, 25),
            absl::StatusCode::kInvalidArgument);
}

TEST(Buffer, MalformedShapesAreRefused) {
  EXPECT_EQ(ShapeError(8, 1, {-8}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(8, 1, {2, 4}, {1}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(1, 1, Dims(64, 1)), absl::StatusCode::kOk);
  EXPECT_EQ(ShapeError(1, 1, Dims(65, 1)), absl::StatusCode::kInvalidArgument);
}

TEST(Buffer, SizesThatOverflowAreRefused) {
  constexpr ptrdiff_t kHuge = std::numeric_limits<ptrdiff_t>::max();
  constexpr size_t kMaxSize = std::numeric_limits<size_t>::max();
  EXPECT_EQ(ShapeError(8, 8, {kHuge}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(8, kMaxSize, {1}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(8, 2, {kHuge / 2 + 1, kHuge / 2 + 1}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(0, 8, {0, kHuge}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(8, 1, {3}, {kHuge}), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(8, 1, {2, 2}, {kHuge, kHuge}),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ShapeError(8, static_cast<size_t>(kHuge), {1}, {1}, 8),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace pickle5
