// Whole pickles in one call, and what a dump that fails leaves.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/files/atomic_file.h"
#include "buffers/files/file_sink.h"
#include "buffers/files/mapped_source.h"
#include "buffers/files/shm_sink.h"
#include "buffers/filters/digesting_sink.h"
#include "buffers/filters/limiting_sink.h"
#include "buffers/filters/threshold_sink.h"
#include "buffers/memory_sink.h"
#include "buffers/streams/socket_sink.h"
#include "gtest/gtest.h"
#include "pickle/archive/archive_writer.h"
#include "pickle/inspect/optimize.h"
#include "pickle/numpy/npy.h"
#include "pickle/show/json_format.h"
#include "pickle/value/document.h"
#include "pickle/value/literal.h"
#include "pickle/value/value_writer.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

class PickleFileTest : public ::testing::Test {
 protected:
  PickleFileTest() {
    Maker make(&document_);
    document_.SetRoot(make.Dict({{"step", 7}, {"matrix", Matrix()}}));
    // Fails after its first buffer.
    bad_.SetRoot(bad_.MakeTuple(
        std::vector<Value>{bad_.MakeBuffer(Matrix()), Unwritable(bad_)}));
  }

  Buffer Matrix() const { return *Buffer::Borrow(numbers_, {2, 2}); }

  // A buffer that no pickle can hold.
  Value Unwritable(Document& document) const {
    const ptrdiff_t shape[] = {2};
    const ptrdiff_t strides[] = {16};
    return document.MakeBuffer(
        *Buffer::Borrow(numbers_)->WithShape("d", 8, shape, strides));
  }

  const std::vector<double> numbers_ = {1, 2, 3, 4};
  const TempDir folder_;
  const std::string path_ = folder_.File("x.pkl");
  Document document_;
  Document bad_;
};

TEST_F(PickleFileTest, FilesAndStringsAreWrittenAndRead) {
  ASSERT_TRUE(DumpFile(document_, path_).ok());
  EXPECT_EQ(ReadAll(path_), *DumpToString(document_));
  const absl::StatusOr<Document> file = LoadFile(path_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(*file->root().Get<int>("step"), 7);
  const absl::StatusOr<Document> text =
      LoadString(*DumpToString(document_.root(), {.protocol = 2}));
  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(text->protocol(), 2);
  ASSERT_TRUE(DumpFile(document_.root(), path_, {.protocol = 3}).ok());
  EXPECT_EQ(LoadFile(path_)->protocol(), 3);
  EXPECT_EQ(LoadFile(folder_.File("none")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(LoadString("x").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(PickleFileTest, BuffersGoToTheirPlace) {
  const std::string place = folder_.File("buffers");
  const auto sink = *FileSink::Create(place);
  ASSERT_TRUE(DumpFile(document_, path_, {}, sink.get()).ok());
  EXPECT_TRUE(sink->closed());
  const auto source = *MappedSource::Open(place);
  const absl::StatusOr<Document> loaded = LoadFile(path_, {}, source.get());
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->root().Get<std::span<const double>>("matrix")->back(), 4);
}

TEST_F(PickleFileTest, ABufferThatIsNotThereIsEmpty) {
  EXPECT_EQ(document_.buffer(0).nbytes(), 32u);
  EXPECT_EQ(document_.buffer(1).nbytes(), 0u);
  EXPECT_EQ(Document().buffer(0).nbytes(), 0u);
}

TEST_F(PickleFileTest, AFailedDumpLeavesTheOldFiles) {
  const std::string place = folder_.File("buffers");
  WriteAll(path_, "old");
  WriteAll(place, "old buffers");
  const auto sink = *FileSink::Create(place);
  const absl::Status status = DumpFile(bad_, path_, {}, sink.get());
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(sink->Close(), status);
  EXPECT_EQ(ReadAll(path_), "old");
  EXPECT_EQ(ReadAll(place), "old buffers");
  EXPECT_EQ(folder_.CountFiles(), 2u);
  EXPECT_FALSE(DumpFile(document_, folder_.File("no/such")).ok());
  EXPECT_FALSE(DumpToString(bad_).ok());
}

TEST_F(PickleFileTest, NothingIsPublishedWhateverTheCallerDoes) {
  const std::string place = folder_.File("buffers");
  WriteAll(path_, "old");
  for (const int protocol : {5, 9}) {  // 9: refused before anything is written
    const auto file = *AtomicFile::Create(path_);
    const auto sink = *FileSink::Create(place);
    const auto shm = *ShmSink::CreateOwned();
    const absl::Status status =
        Dump(bad_, file->writer(), {.protocol = protocol}, sink.get());
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    MemoryByteWriter out;
    (void)Dump(bad_, out, {.protocol = protocol}, shm.get());
    EXPECT_EQ(sink->Close(), status);
    EXPECT_EQ(shm->Close(), status);
    EXPECT_EQ(file->Commit(), status);
    EXPECT_FALSE(out.Close());
    EXPECT_FALSE(std::filesystem::exists("/dev/shm" + shm->name()));
    EXPECT_EQ(ReadAll(path_), "old");
    EXPECT_EQ(folder_.CountFiles(), 1u);
  }
}

TEST_F(PickleFileTest, SinksBeforeAnotherAbandonIt) {
  const std::string place = folder_.File("buffers");
  const auto sink = *FileSink::Create(place);
  DigestingSink digesting(sink.get());
  LimitingSink limiting({}, &digesting);
  ThresholdSink threshold(1, &limiting);
  MemoryByteWriter out;
  const absl::Status status = Dump(bad_, out, {}, &threshold);
  EXPECT_EQ(sink->status(), status);
  // Also if the caller forgets about those before it.
  EXPECT_EQ(sink->Close(), status);
  EXPECT_EQ(threshold.Close(), status);
  EXPECT_EQ(folder_.CountFiles(), 0u);
}

TEST_F(PickleFileTest, ASinkThatIsRefusedByTheOneBeforeItIsAbandoned) {
  const auto sink = *FileSink::Create(folder_.File("buffers"));
  LimitingSink limiting({.max_buffers = 0}, sink.get());
  MemoryByteWriter out;
  const absl::Status status = Dump(document_, out, {}, &limiting);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(sink->Close(), status);
  EXPECT_EQ(folder_.CountFiles(), 0u);
}

TEST_F(PickleFileTest, AWriterIsUsedAgainAfterReset) {
  MemoryByteWriter out;
  EXPECT_FALSE(Dump(bad_, out).ok());
  EXPECT_FALSE(Dump(document_, out).ok());
  out.Reset();
  EXPECT_TRUE(Dump(document_, out).ok());
}

TEST_F(PickleFileTest, OtherWritersAbandonTheirFileToo) {
  WriteAll(path_, "old");
  const auto expect_old = [this](auto write) {
    const auto file = *AtomicFile::Create(path_);
    const absl::Status status = write(file->writer());
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(file->Commit(), status);
    EXPECT_EQ(ReadAll(path_), "old");
  };
  expect_old([](ByteWriter& out) { return Optimize("N", out); });
  expect_old([](ByteWriter& out) { return WriteJson(Value(), {}, out); });
  expect_old([](ByteWriter& out) { return ValueToNpy(Value::None(), out); });
  expect_old(
      [this](ByteWriter& out) { return ArchiveWriter(&out).Write(bad_); });
  const auto archive = *ArchiveWriter::Create(path_);
  EXPECT_FALSE(archive->Write(bad_).ok());
  EXPECT_FALSE(archive->Close().ok());
  EXPECT_EQ(ReadAll(path_), "old");
}

TEST_F(PickleFileTest, WhatWasPublishedStays) {
  const auto sink = *FileSink::Create(folder_.File("buffers"));
  ASSERT_TRUE(sink->Close().ok());
  EXPECT_EQ(sink->Abandon(absl::DataLossError("late")),
            absl::DataLossError("late"));
  EXPECT_TRUE(sink->Close().ok());
  MemorySink kept;
  EXPECT_TRUE(kept.Abandon(absl::OkStatus()).ok());
  EXPECT_TRUE(kept.Close().ok());
}

}  // namespace
}  // namespace pickle5
