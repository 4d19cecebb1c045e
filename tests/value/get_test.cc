#include "pickle/value/get.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "pickle/value/document.h"
#include "pickle/value/literal.h"

namespace pickle5 {
namespace {

using absl::StatusCode;

class GetTest : public ::testing::Test {
 protected:
  GetTest() {
    root_ = make_.Dict(
        {{"step", 7},
         {"big", uint64_t{1} << 63},
         {"rate", 0.5},
         {"on", true},
         {"name", "x"},
         {"a.b", 8},
         {"raw", document_.MakeBytes("abc")},
         {"layers", make_.List({make_.Dict({{"bias", make_.List({1, 2.5})}})})},
         {"matrix", *Buffer::Borrow(numbers_, {2, 2})}});
  }

  template <typename T>
  std::string Error(std::string_view path) {
    const absl::StatusOr<T> got = root_.Get<T>(path);
    EXPECT_FALSE(got.ok()) << path;
    return got.status().ToString();
  }

  const std::vector<double> numbers_ = {1, 2, 3, 4};
  Document document_;
  Maker make_{&document_};
  Value root_;
};

TEST_F(GetTest, TypesAreThoseOfTheProgram) {
  EXPECT_EQ(*root_.Get<int64_t>("step"), 7);
  EXPECT_EQ(*root_.Get<int8_t>("step"), 7);
  EXPECT_EQ(*root_.Get<size_t>("step"), 7u);
  EXPECT_EQ(*root_.Get<double>("step"), 7.0);
  EXPECT_EQ(*root_.Get<uint64_t>("big"), uint64_t{1} << 63);
  EXPECT_EQ(*root_.Get<float>("rate"), 0.5f);
  EXPECT_EQ(*root_.Get<bool>("on"), true);
  EXPECT_EQ(*root_.Get<std::string>("name"), "x");
  EXPECT_EQ(*root_.Get<std::string_view>("raw"), "abc");
  EXPECT_TRUE(root_.Get<Value>("name")->is(Kind::kStr));
  EXPECT_TRUE(root_.Get<Value>()->Is(root_));
  EXPECT_EQ(root_.Get<Buffer>("matrix")->format(), "d");
  EXPECT_EQ(root_.Get<std::span<const double>>("matrix")->data(),
            numbers_.data());
  EXPECT_EQ(root_.Get<std::span<const double>>("matrix")->size(), 4u);
  EXPECT_EQ(root_.Get<std::span<const uint8_t>>("raw")->size(), 3u);
}

TEST_F(GetTest, PathsLeadInside) {
  EXPECT_EQ(*root_.Get<double>("layers[0].bias[1]"), 2.5);
  EXPECT_EQ(*root_.Get<double>("$.layers[0].bias[1]"), 2.5);
  EXPECT_EQ(*root_.Get<int>("['a.b']"), 8);
  EXPECT_EQ(*root_.Get<std::vector<double>>("layers[0].bias"),
            (std::vector<double>{1, 2.5}));
  EXPECT_EQ(root_.Get<std::vector<Value>>("layers")->size(), 1u);
  const Value deque = make_.Call("collections.deque", {make_.List({1, 2})});
  EXPECT_EQ(*deque.Get<std::vector<int>>(), (std::vector<int>{1, 2}));
}

TEST_F(GetTest, ErrorsSayWhereAndWhatIsThere) {
  EXPECT_EQ(Error<int64_t>("name"),
            "INVALID_ARGUMENT: $.name is 'x', not an int of 64 bits");
  EXPECT_EQ(Error<double>("name"),
            "INVALID_ARGUMENT: $.name is 'x', not a float");
  EXPECT_EQ(Error<bool>("step"), "INVALID_ARGUMENT: $.step is 7, not a bool");
  EXPECT_EQ(Error<std::string>("step"),
            "INVALID_ARGUMENT: $.step is 7, not a str or bytes");
  EXPECT_EQ(Error<Buffer>("raw"),
            "INVALID_ARGUMENT: $.raw is b'abc', not a buffer");
  EXPECT_EQ(Error<std::vector<int>>("layers[0].bias"),
            "INVALID_ARGUMENT: $.layers[0].bias[1] is 2.5, not an int of 32 "
            "bits");
  EXPECT_EQ(Error<std::vector<int>>("step"),
            "INVALID_ARGUMENT: $.step is 7, not a list");
  EXPECT_EQ(root_.Get<int>("layers[1]").status().code(), StatusCode::kNotFound);
  EXPECT_EQ(root_.Get<int>("a b").status().code(),
            StatusCode::kInvalidArgument);
}

TEST_F(GetTest, NumbersThatDoNotFitAreOutOfRange) {
  EXPECT_EQ(root_.Get<int64_t>("big").status().code(), StatusCode::kOutOfRange);
  EXPECT_EQ(Value::Int(128).Get<int8_t>().status().ToString(),
            "OUT_OF_RANGE: $ is 128, not an int of 8 bits");
  EXPECT_EQ(Value::Int(-1).Get<uint64_t>().status().code(),
            StatusCode::kOutOfRange);
  EXPECT_EQ(
      document_.MakeInt(std::string(9, '\x01')).Get<uint64_t>().status().code(),
      StatusCode::kOutOfRange);
}

TEST_F(GetTest, ElementsMustBeOfTheFormatAndAligned) {
  using absl::StatusCode::kInvalidArgument;
  EXPECT_EQ(root_.Get<std::span<const float>>("matrix").status().code(),
            kInvalidArgument);
  EXPECT_EQ(root_.Get<std::span<const int64_t>>("matrix").status().code(),
            kInvalidArgument);
  EXPECT_EQ(root_.Get<std::span<const double>>("raw").status().code(),
            kInvalidArgument);
  // As NumPy calls an int64.
  const std::vector<int64_t> ints = {1, 2};
  const ptrdiff_t shape[] = {2};
  const Value longs = document_.MakeBuffer(
      *Buffer::Borrow(
           std::string_view(reinterpret_cast<const char*>(ints.data()), 16))
           .WithShape("<l", 8, shape));
  EXPECT_EQ((*longs.Get<std::span<const int64_t>>())[1], 2);
  EXPECT_FALSE(longs.Get<std::span<const uint64_t>>().ok());
  // Plain bytes are of any type, where they are aligned for it.
  const Value plain = document_.MakeBuffer(Buffer::Borrow(
      std::string_view(reinterpret_cast<const char*>(ints.data()), 16)));
  EXPECT_EQ((*plain.Get<std::span<const int64_t>>())[0], 1);
  const Value odd = document_.MakeBuffer(Buffer::Borrow(
      std::string_view(reinterpret_cast<const char*>(ints.data()) + 1, 8)));
  EXPECT_FALSE(odd.Get<std::span<const int64_t>>().ok());
}

}  // namespace
}  // namespace pickle5
