#include "pickle/archive/archive_reader.h"

#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "gtest/gtest.h"
#include "pickle/value/equal.h"
#include "tests/archive/archives.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class ArchiveReaderTest : public ::testing::Test {
 protected:
  ArchiveReaderTest() {
    FillEveryKind(&document_);
    second_.SetRoot(Value::Int(2));
    WriteAll(path_, ArchiveOf({&document_, &second_}));
  }

  ArchiveReader Open(ArchiveAccess access = ArchiveAccess::kCopyOnWrite) {
    auto reader = ArchiveReader::Open(path_, access);
    EXPECT_TRUE(reader.ok()) << reader.status();
    return *std::move(reader);
  }

  TempDir dir_;
  const std::string path_ = dir_.File("a.pkl5");
  Document document_;
  Document second_;
};

TEST_F(ArchiveReaderTest, ObjectsComeBackAsTheyWere) {
  for (const ArchiveAccess access :
       {ArchiveAccess::kCopyOnWrite, ArchiveAccess::kReadOnly,
        ArchiveAccess::kCopy}) {
    const ArchiveReader reader = Open(access);
    ASSERT_EQ(reader.size(), 2u);
    Document loaded;
    const absl::Status status = reader.Load(0, &loaded);
    ASSERT_TRUE(status.ok()) << status;
    EXPECT_TRUE(Identical(loaded.root(), document_.root()));
    EXPECT_EQ(loaded.root()["array"].buffer()->format(), "<d");
    EXPECT_EQ(loaded.root()["array"].buffer()->ndim(), 2u);
    ASSERT_TRUE(reader.Load(1, &loaded).ok());
    EXPECT_EQ(loaded.root().AsInt64(), 2);
  }
}

TEST_F(ArchiveReaderTest, DocumentOutlivesReaderAndFile) {
  Document loaded;
  ASSERT_TRUE(Open().Load(0, &loaded).ok());
  ::unlink(path_.c_str());
  EXPECT_TRUE(Identical(loaded.root(), document_.root()));
}

TEST_F(ArchiveReaderTest, PayloadsAreAlignedWhereTheyAreMappedOrCopied) {
  for (const ArchiveAccess access :
       {ArchiveAccess::kCopyOnWrite, ArchiveAccess::kCopy}) {
    Document loaded;
    ASSERT_TRUE(Open(access).Load(0, &loaded).ok());
    const auto address =
        reinterpret_cast<uintptr_t>(loaded.root()["array"].buffer()->data());
    EXPECT_EQ(address % 64, 0u);
  }
}

TEST_F(ArchiveReaderTest, WritesStayInThisProcess) {
  const std::string before = ReadAll(path_);
  Document loaded;
  const ArchiveReader reader = Open();
  ASSERT_TRUE(reader.Load(0, &loaded).ok());
  uint8_t* const data = loaded.root()["array"].buffer()->mutable_data();
  ASSERT_NE(data, nullptr);
  data[0] = static_cast<uint8_t>(data[0] + 1);
  EXPECT_EQ(ReadAll(path_), before);
  EXPECT_EQ(loaded.root()["readonly"].buffer()->mutable_data(), nullptr);
}

TEST_F(ArchiveReaderTest, ReadOnlyAccessIsReadonly) {
  Document loaded;
  ASSERT_TRUE(Open(ArchiveAccess::kReadOnly).Load(0, &loaded).ok());
  EXPECT_EQ(loaded.root()["array"].buffer()->mutable_data(), nullptr);
}

TEST_F(ArchiveReaderTest, CopyIsNotTouchedByLaterChangesOfTheFile) {
  Document loaded;
  ASSERT_TRUE(Open(ArchiveAccess::kCopy).Load(0, &loaded).ok());
  WriteAll(path_, "");
  EXPECT_TRUE(Identical(loaded.root(), document_.root()));
}

TEST_F(ArchiveReaderTest, FileThatBecameShorterIsAStatus) {
  const ArchiveReader reader = Open(ArchiveAccess::kCopy);
  ASSERT_EQ(::truncate(path_.c_str(), 3000), 0);
  Document loaded;
  EXPECT_EQ(reader.Load(0, &loaded).code(), absl::StatusCode::kDataLoss);
}

TEST_F(ArchiveReaderTest, ObjectThatIsNotThere) {
  Document loaded;
  EXPECT_EQ(Open().Load(2, &loaded).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Open().Verify(2).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Open().VerifyPayload(0, 5).code(), absl::StatusCode::kOutOfRange);
}

TEST_F(ArchiveReaderTest, VerifyNamesTheDamagedPayload) {
  std::string bytes = ReadAll(path_);
  const auto index = ReaderOf(bytes)->Index(0);
  const size_t at = index->payloads[3].offset + 1000;
  bytes[at] = static_cast<char>(bytes[at] ^ 4);
  const auto reader = ReaderOf(bytes);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->Verify(0).code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(reader->Verify(0).message().find("object 0: payload 3 (buffer"),
            absl::string_view::npos);
  EXPECT_EQ(reader->VerifyPayload(0, 3).code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(reader->VerifyPayload(0, 2).ok());
  EXPECT_TRUE(reader->Verify(1).ok());
  EXPECT_FALSE(reader->VerifyAll().ok());
  Document loaded;
  EXPECT_TRUE(reader->Load(0, &loaded).ok());
  EXPECT_EQ(reader->Load(0, &loaded, {}, ArchiveCheck::kPayloads).code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(ArchiveReaderTest, LimitsOfTheReaderHold) {
  ReadOptions options;
  options.limits.max_payload = 2400;
  Document loaded;
  EXPECT_EQ(Open().Load(0, &loaded, options).code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(ArchiveReaderTest, ManyThreadsReadAtOnce) {
  const ArchiveReader reader = Open();
  std::vector<std::thread> threads;
  std::atomic<int> equal{0};
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 20; ++k) {
        Document loaded;
        equal += reader.Load(0, &loaded).ok() && reader.Verify(0).ok() &&
                 Identical(loaded.root(), document_.root());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(equal, 80);
}

TEST_F(ArchiveReaderTest, ConcatenatedArchivesAreOne) {
  const std::string one = ReadAll(path_);
  const std::string both = one + one;
  const auto reader = ReaderOf(both);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(reader->size(), 4u);
  EXPECT_TRUE(reader->VerifyAll().ok());
}

TEST_F(ArchiveReaderTest, PlainPicklesAreNoArchives) {
  for (const std::string& bytes :
       {std::string(), std::string("N."), std::string(1000, 'x')}) {
    EXPECT_EQ(ReaderOf(bytes).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
}

// An archive may be the payload of another: its footer, in front of a torn
// end, is not the outer one's.
TEST_F(ArchiveReaderTest, EmbeddedFootersAreNotTaken) {
  Document outer;
  outer.SetRoot(outer.MakeBytes(ReadAll(path_)));
  const std::string torn_tail = ArchiveOf({&outer});
  const std::string all = ReadAll(path_) + torn_tail;
  const std::string torn = all.substr(0, all.size() - 10);
  const auto reader = ReaderOf(torn);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(reader->size(), 2u);
  ASSERT_EQ(reader->extents().lost.size(), 1u);
  EXPECT_EQ(reader->extents().lost[0].first, ReadAll(path_).size());
}

}  // namespace
}  // namespace pickle5
