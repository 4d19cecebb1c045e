// Archives that are damaged in every place: each is found by Verify, and none
// does harm to a reader.

#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "pickle/value/equal.h"
#include "pickle/value/repr.h"
#include "tests/archive/archives.h"

namespace pickle5 {
namespace {

// Small, and with all that an index can say.
std::string Sample() {
  Document document;
  FillEveryKind(&document);
  return ArchiveOf({&document});
}

// What every user of an archive does; whether all bytes are as written.
bool Use(std::string_view bytes) {
  const auto reader = ReaderOf(bytes, ArchiveAccess::kReadOnly);
  if (!reader.ok()) return false;
  for (size_t i = 0; i < reader->size(); ++i) {
    Document document;
    if (reader->Load(i, &document).ok()) {
      (void)Repr(document.root(), ReprOptions::Short());
    }
  }
  return reader->VerifyAll().ok();
}

TEST(ArchiveDamage, EveryFlippedByteIsFound) {
  std::string bytes = Sample();
  ASSERT_TRUE(Use(bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    const char old = bytes[i];
    bytes[i] = static_cast<char>(old ^ (1 << (i % 8)));
    EXPECT_FALSE(Use(bytes)) << "byte " << i;
    bytes[i] = old;
  }
  std::printf("injected: %zu flipped bytes\n", bytes.size());
}

TEST(ArchiveDamage, EveryTruncationIsFound) {
  const std::string one = Sample();
  const std::string bytes = one + one;
  size_t recovered = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i == one.size()) continue;
    const std::string_view cut = std::string_view(bytes).substr(0, i);
    EXPECT_FALSE(Use(cut)) << i;
    const auto reader = ReaderOf(cut);
    EXPECT_EQ(reader.ok(), i > one.size()) << i;
    recovered += reader.ok() && reader->size() == 1;
  }
  EXPECT_EQ(recovered, bytes.size() - one.size() - 1);
  std::printf("injected: %zu truncations\n", bytes.size() - 1);
}

// Damage in the middle leaves the objects around it.
TEST(ArchiveDamage, ObjectsAroundADamagedFooterAreFound) {
  const std::string one = Sample();
  std::string bytes = one + one + one + one;
  for (size_t k = 1; k < 4; ++k) {
    std::string damaged = bytes;
    damaged[k * one.size() - 40] ^= 1;
    const auto reader = ReaderOf(damaged);
    ASSERT_TRUE(reader.ok()) << k << reader.status();
    EXPECT_EQ(reader->size() + reader->extents().lost.size(), 4u) << k;
    EXPECT_EQ(reader->extents().lost.size(), 1u) << k;
  }
}

// Bytes that a forger sealed with the right digests.
TEST(ArchiveDamage, IndexThatDoesNotFitThePickleIsRefused) {
  Document document;
  document.SetRoot(document.MakeBytes(PayloadBytes(3000)));
  const std::string honest = ArchiveOf({&document});
  const auto reader = ReaderOf(honest);
  const ArchiveExtent extent = reader->extents().objects[0];
  const std::string pickle = honest.substr(0, extent.index);
  const auto forge = [&](auto change) {
    ArchiveIndex index = *reader->Index(0);
    change(index.payloads[0]);
    const uint64_t end = index.payloads[0].offset + index.payloads[0].length;
    index.in_band = DigestOf(pickle.substr(0, index.payloads[0].offset) +
                             pickle.substr(end));
    index.payloads[0].digest = DigestOf(
        pickle.substr(index.payloads[0].offset, index.payloads[0].length));
    const std::string bytes = pickle + EncodeIndexPickle(index, pickle.size());
    Document loaded;
    const auto forged = ReaderOf(bytes);
    EXPECT_TRUE(forged.ok()) << forged.status();
    return forged->Load(0, &loaded).code();
  };
  EXPECT_EQ(forge([](ArchivePayload&) {}), absl::StatusCode::kOk);
  EXPECT_EQ(forge([](ArchivePayload& p) { --p.length; }),
            absl::StatusCode::kDataLoss);
  EXPECT_NE(forge([](ArchivePayload& p) { ++p.length; }),
            absl::StatusCode::kOk);
  EXPECT_EQ(forge([](ArchivePayload& p) { p.offset -= 5; }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(forge([](ArchivePayload& p) { p.length = 0; }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(forge([](ArchivePayload& p) {
              p.description.has_layout = true;
              p.description.shape = {7};
            }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(forge([](ArchivePayload& p) { p.description.readonly = false; }),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(forge([](ArchivePayload& p) { p.kind = PayloadKind::kOther; }),
            absl::StatusCode::kOk);
}

TEST(ArchiveDamage, LyingLengthsOfTheFooterAreRefused) {
  const std::string honest = Sample();
  const size_t footer = honest.size() - kArchiveTailSize;
  for (const size_t field : {size_t{16}, size_t{24}}) {
    for (const uint64_t value :
         {uint64_t{0}, uint64_t{1}, uint64_t{1} << 40, ~uint64_t{0}}) {
      std::string bytes = honest;
      for (size_t i = 0; i < 8; ++i) {
        bytes[footer + field + i] = static_cast<char>(value >> (8 * i));
      }
      EXPECT_FALSE(Use(bytes)) << field << " " << value;
    }
  }
}

}  // namespace
}  // namespace pickle5
