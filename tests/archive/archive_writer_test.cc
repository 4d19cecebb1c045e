#include "pickle/archive/archive_writer.h"

#include <string>

#include "gtest/gtest.h"
#include "pickle/inspect/verify.h"
#include "pickle/protocol/scanner.h"
#include "pickle/value/equal.h"
#include "tests/archive/archives.h"
#include "tests/buffers/temp_dir.h"

namespace pickle5 {
namespace {

ArchiveIndex IndexOf(std::string_view archive, size_t i = 0) {
  const auto reader = ReaderOf(archive);
  EXPECT_TRUE(reader.ok()) << reader.status();
  const auto index = reader->Index(i);
  EXPECT_TRUE(index.ok()) << index.status();
  return *index;
}

TEST(ArchiveWriter, BeginsAsAnArchiveDoes) {
  Document document;
  document.SetRoot(Value::Int(7));
  const std::string archive = ArchiveOf({&document});
  EXPECT_EQ(archive.substr(0, 13),
            "\x80\x05"
            "C\x08PKL5ARCH0");
  EXPECT_TRUE(IsArchive(archive));
  EXPECT_FALSE(IsArchive("\x80\x05K\x07."));
}

TEST(ArchiveWriter, PayloadsFrom2048BytesOnStandOnTheirBoundaries) {
  // Every gap from 0 to 63 in front of a payload, and of 4096 in front of one
  // of 1 MiB, is met.
  for (size_t lead = 0; lead < 80; ++lead) {
    Document document;
    Maker make(&document);
    document.SetRoot(make.List(
        {std::string(lead, 'x'), document.MakeBytes(PayloadBytes(2048)),
         document.MakeByteArray(PayloadBytes(size_t{1} << 20)),
         document.MakeBytes(PayloadBytes(2047, 9))}));
    const std::string archive = ArchiveOf({&document});
    const ArchiveIndex index = IndexOf(archive);
    ASSERT_EQ(index.payloads.size(), 2u) << lead;
    EXPECT_EQ(index.payloads[0].offset % 64, 0u) << lead;
    EXPECT_EQ(index.payloads[1].offset % 4096, 0u) << lead;
    EXPECT_EQ(archive.substr(index.payloads[0].offset, 2048),
              PayloadBytes(2048));
  }
}

TEST(ArchiveWriter, PayloadsOfAppendedObjectsAreAlignedInTheFile) {
  Document document;
  FillEveryKind(&document);
  const std::string archive = ArchiveOf({&document, &document});
  const auto reader = ReaderOf(archive);
  ASSERT_EQ(reader->size(), 2u);
  const uint64_t begin = reader->extents().objects[1].begin;
  EXPECT_NE(begin % 64, 0u);
  for (const ArchivePayload& payload : IndexOf(archive, 1).payloads) {
    EXPECT_EQ((begin + payload.offset) % 64, 0u);
  }
}

TEST(ArchiveWriter, IndexSaysWhatPayloadsWere) {
  Document document;
  FillEveryKind(&document);
  const ArchiveIndex index = IndexOf(ArchiveOf({&document}));
  ASSERT_EQ(index.payloads.size(), 5u);
  EXPECT_EQ(index.payloads[0].kind, PayloadKind::kBytes);
  EXPECT_TRUE(index.payloads[0].description.readonly);
  EXPECT_EQ(index.payloads[1].kind, PayloadKind::kByteArray);
  EXPECT_FALSE(index.payloads[1].description.readonly);
  EXPECT_EQ(index.payloads[2].kind, PayloadKind::kStr);
  EXPECT_EQ(index.payloads[3].kind, PayloadKind::kBuffer);
  EXPECT_FALSE(index.payloads[3].description.readonly);
  EXPECT_EQ(index.payloads[3].description.format, "<d");
  EXPECT_EQ(index.payloads[3].description.shape,
            (std::vector<ptrdiff_t>{20, 30}));
  EXPECT_EQ(index.payloads[4].kind, PayloadKind::kBuffer);
  EXPECT_TRUE(index.payloads[4].description.readonly);
}

TEST(ArchiveWriter, IsASequenceOfStrictPickles) {
  Document document;
  FillEveryKind(&document);
  const std::string archive = ArchiveOf({&document, &document});
  ReadOptions options;
  options.allow_trailing = true;
  std::string_view rest = archive;
  int pickles = 0;
  for (; !rest.empty(); ++pickles) {
    uint64_t consumed = 0;
    const absl::Status status = Verify(rest, options, &consumed);
    ASSERT_TRUE(status.ok()) << status;
    rest.remove_prefix(consumed);
  }
  EXPECT_EQ(pickles, 4);
}

TEST(ArchiveWriter, EqualReadonlyPayloadsAreStoredOnce) {
  Document document;
  Maker make(&document);
  const std::string bytes = PayloadBytes(5000);
  const Buffer memory = *Buffer::Copy(bytes);
  document.SetRoot(
      make.List({document.MakeBytes(bytes), document.MakeBytes(bytes),
                 document.MakeBuffer(memory.AsReadonly()),
                 document.MakeBuffer(memory.AsReadonly()),
                 document.MakeStr(std::string(5000, 'a')),
                 document.MakeStr(std::string(5000, 'a'))}));
  const std::string archive = ArchiveOf({&document});
  EXPECT_EQ(IndexOf(archive).payloads.size(), 3u);
  Document loaded;
  ASSERT_TRUE(ReaderOf(archive)->Load(0, &loaded).ok());
  EXPECT_TRUE(Equal(loaded.root(), document.root()));
  EXPECT_TRUE(loaded.root()[0].Is(loaded.root()[1]));
  EXPECT_TRUE(loaded.root()[2].is(Kind::kBuffer));
  EXPECT_TRUE(loaded.root()[2].Is(loaded.root()[3]));
  EXPECT_FALSE(loaded.root()[0].Is(loaded.root()[2]));
}

TEST(ArchiveWriter, WritablePayloadsNeverShareBytes) {
  Document document;
  Maker make(&document);
  const std::string bytes = PayloadBytes(5000);
  const Buffer memory = *Buffer::Copy(bytes);
  document.SetRoot(
      make.List({document.MakeByteArray(bytes), document.MakeByteArray(bytes),
                 document.MakeBuffer(memory), document.MakeBuffer(memory)}));
  EXPECT_EQ(IndexOf(ArchiveOf({&document})).payloads.size(), 4u);
}

TEST(ArchiveWriter, OtherLayoutsAndLengthsAreNotShared) {
  Document document;
  Maker make(&document);
  const Buffer memory = Buffer::Copy(PayloadBytes(4096))->AsReadonly();
  const Buffer array = *memory.WithShape("<d", 8, std::vector<ptrdiff_t>{512});
  document.SetRoot(
      make.List({document.MakeBuffer(memory), document.MakeBuffer(array),
                 document.MakeBuffer(*memory.Slice(0, 4000)),
                 document.MakeBytes(PayloadBytes(4096, 2))}));
  EXPECT_EQ(IndexOf(ArchiveOf({&document})).payloads.size(), 4u);
}

TEST(ArchiveWriter, SharedObjectsStayOne) {
  Document document;
  Maker make(&document);
  const Value array = document.MakeByteArray(PayloadBytes(3000));
  document.SetRoot(make.List({array, array}));
  const std::string archive = ArchiveOf({&document});
  EXPECT_EQ(IndexOf(archive).payloads.size(), 1u);
  Document loaded;
  ASSERT_TRUE(ReaderOf(archive)->Load(0, &loaded).ok());
  EXPECT_TRUE(Identical(loaded.root(), document.root()));
}

TEST(ArchiveWriter, LargeInBandPartsKeepTheirFrames) {
  Document document;
  std::vector<Value> items;
  for (int i = 0; i < 100000; ++i) items.push_back(Value::Int(i * 1000));
  items.push_back(document.MakeBytes(PayloadBytes(3000)));
  document.SetRoot(document.MakeList(items));
  const std::string archive = ArchiveOf({&document});
  Document loaded;
  ASSERT_TRUE(ReaderOf(archive)->Load(0, &loaded).ok());
  EXPECT_TRUE(Identical(loaded.root(), document.root()));
}

TEST(ArchiveWriter, BufferWithoutDataIsAnError) {
  Document document;
  ReadOptions options;
  options.placeholder_buffers = true;
  ASSERT_TRUE(document.LoadBorrowed("\x80\x05\x97.", options).ok());
  MemoryByteWriter out;
  ArchiveWriter writer(&out);
  EXPECT_EQ(writer.Write(document).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(writer.Close().code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ArchiveWriter, CreatedArchiveAppearsAtClose) {
  const TempDir dir;
  const std::string path = dir.File("a.pkl5");
  WriteAll(path, "old");
  Document document;
  FillEveryKind(&document);
  auto writer = ArchiveWriter::Create(path);
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Write(document).ok());
  EXPECT_EQ(ReadAll(path), "old");
  ASSERT_TRUE((*writer)->Close().ok());
  EXPECT_EQ(ReadAll(path), ArchiveOf({&document}));
  EXPECT_EQ(dir.CountFiles(), 1u);
  EXPECT_EQ((*writer)->Write(document).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(ArchiveWriter, AppendedObjectsAreThereAtOnce) {
  const TempDir dir;
  const std::string path = dir.File("a.pkl5");
  Document document;
  FillEveryKind(&document);
  WriteAll(path, ArchiveOf({&document}));
  auto writer = ArchiveWriter::Append(path);
  ASSERT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE((*writer)->Write(document).ok());
    EXPECT_EQ(ReaderOf(ReadAll(path))->size(), static_cast<size_t>(2 + i));
  }
  EXPECT_EQ(ReadAll(path),
            ArchiveOf({&document, &document, &document, &document}));
}

TEST(ArchiveWriter, AppendMakesAFileWhereThereIsNone) {
  const TempDir dir;
  Document document;
  document.SetRoot(Value::Int(1));
  auto writer = ArchiveWriter::Append(dir.File("a.pkl5"));
  ASSERT_TRUE(writer.ok()) << writer.status();
  ASSERT_TRUE((*writer)->Write(document).ok());
  ASSERT_TRUE((*writer)->Close().ok());
  EXPECT_EQ(ReadAll(dir.File("a.pkl5")), ArchiveOf({&document}));
}

TEST(ArchiveWriter, AppendDropsWhatWasCutShort) {
  const TempDir dir;
  const std::string path = dir.File("a.pkl5");
  Document document;
  FillEveryKind(&document);
  const std::string one = ArchiveOf({&document});
  const std::string two = ArchiveOf({&document, &document});
  for (const size_t size : {one.size() + 1, one.size() + 14, one.size() + 3000,
                            two.size() - 66, two.size() - 65, two.size() - 1}) {
    WriteAll(path, two.substr(0, size));
    auto writer = ArchiveWriter::Append(path);
    ASSERT_TRUE(writer.ok()) << size << writer.status();
    ASSERT_TRUE((*writer)->Write(document).ok());
    EXPECT_EQ(ReadAll(path), two) << size;
  }
}

TEST(ArchiveWriter, AppendRefusesADamagedLastObject) {
  const TempDir dir;
  const std::string path = dir.File("a.pkl5");
  Document document;
  FillEveryKind(&document);
  std::string two = ArchiveOf({&document, &document});
  two[two.size() - 30] = static_cast<char>(two[two.size() - 30] ^ 1);
  two[two.size() - 65] = 'X';
  WriteAll(path, two);
  EXPECT_EQ(ArchiveWriter::Append(path).status().code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(ReadAll(path), two);
}

TEST(ArchiveWriter, AppendRefusesWhatIsNoArchive) {
  const TempDir dir;
  WriteAll(dir.File("a"), "\x80\x05N. but no archive");
  EXPECT_EQ(ArchiveWriter::Append(dir.File("a")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ArchiveWriter, TwoCannotAppendAtOnce) {
  const TempDir dir;
  const std::string path = dir.File("a.pkl5");
  Document document;
  document.SetRoot(Value::Int(1));
  WriteAll(path, ArchiveOf({&document}));
  const auto first = ArchiveWriter::Append(path);
  ASSERT_TRUE(first.ok());
  EXPECT_EQ(ArchiveWriter::Append(path).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace pickle5
