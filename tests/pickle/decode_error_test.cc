#include "pickle/protocol/decode_error.h"

#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "gtest/gtest.h"
#include "pickle/protocol/opcode.h"

namespace pickle5 {
namespace {

TEST(DecodeError, MessageNamesOffsetOpcodeAndRule) {
  const absl::Status status =
      MakeDecodeStatus(ErrorCode::kMemoMissing, 17,
                       static_cast<uint8_t>(Opcode::BINGET), "never set");
  EXPECT_EQ(status.message(), "at byte 17: BINGET: never set");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

TEST(DecodeError, PayloadGivesBackWhatWasPutIn) {
  const absl::Status status =
      MakeDecodeStatus(ErrorCode::kOpcodesLimit, uint64_t{1} << 40,
                       static_cast<uint8_t>(Opcode::STACK_GLOBAL), "too many");
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  const auto error = GetDecodeError(status);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->code, ErrorCode::kOpcodesLimit);
  EXPECT_EQ(error->offset, uint64_t{1} << 40);
  EXPECT_EQ(error->opcode, "STACK_GLOBAL");
}

TEST(DecodeError, ByteThatIsNoOpcodeHasNoName) {
  const auto error = GetDecodeError(
      MakeDecodeStatus(ErrorCode::kBadOpcode, 3, uint8_t{0xff}, "none"));
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->opcode, "");
}

TEST(DecodeError, PayloadsOfOthersAreNone) {
  absl::Status status = MakeDecodeStatus(ErrorCode::kIndex, 3, {}, "rule");
  std::string url;
  status.ForEachPayload([&](absl::string_view key, const absl::Cord&) {
    url = std::string(key);
  });
  const std::string behind_the_last =
      std::to_string(static_cast<int>(ErrorCode::kOpcodesLimit) + 1) + " 3 POP";
  for (const std::string& payload :
       std::vector<std::string>{behind_the_last, "", "x 3 POP", "-1 3 POP",
                                "1000 3 POP", "1 x POP", "1 -3 POP", "1"}) {
    status.SetPayload(url, absl::Cord(payload));
    EXPECT_FALSE(GetDecodeError(status).has_value()) << payload;
  }
  status.SetPayload(url, absl::Cord("0 0 POP"));
  ASSERT_TRUE(GetDecodeError(status).has_value());
  EXPECT_EQ(GetDecodeError(status)->opcode, "POP");
  EXPECT_EQ(GetDecodeError(status)->code, ErrorCode::kTruncated);
}

TEST(DecodeError, FreshOneIsAtTheStart) { EXPECT_EQ(DecodeError().offset, 0u); }

TEST(DecodeError, LimitsAreExhaustedResources) {
  EXPECT_EQ(MakeDecodeStatus(ErrorCode::kDepthLimit, 0, {}, "").code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(MakeDecodeStatus(ErrorCode::kTruncated, 0, {}, "").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(DecodeError, OtherStatusesHaveNone) {
  EXPECT_FALSE(GetDecodeError(absl::OkStatus()).has_value());
  EXPECT_FALSE(GetDecodeError(absl::NotFoundError("x")).has_value());
}

TEST(DecodeError, NamesAreThePublishedOnes) {
  EXPECT_EQ(ErrorCodeName(ErrorCode::kTruncated), "E_TRUNCATED");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kNegativeLength), "E_NEG_LEN");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kIndex), "E_INDEX");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kDepthLimit), "L_DEPTH");
  EXPECT_EQ(ErrorCodeName(ErrorCode::kOpcodesLimit), "L_OPCODES");
}

}  // namespace
}  // namespace pickle5
