#ifndef PICKLE5_TESTS_ARCHIVE_ARCHIVES_H_
#define PICKLE5_TESTS_ARCHIVE_ARCHIVES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/files/file_bytes.h"
#include "gtest/gtest.h"
#include "pickle/archive/archive_reader.h"
#include "pickle/archive/archive_writer.h"
#include "pickle/value/document.h"
#include "pickle/value/literal.h"

namespace pickle5 {

// `size` bytes that differ from one `seed` to another.
inline std::string PayloadBytes(size_t size, unsigned seed = 1) {
  std::string bytes(size, '\0');
  uint32_t state = seed;
  for (char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

// The bytes of an archive of these documents.
inline std::string ArchiveOf(const std::vector<const Document*>& documents) {
  MemoryByteWriter out;
  ArchiveWriter writer(&out);
  for (const Document* document : documents) {
    const absl::Status status = writer.Write(*document);
    EXPECT_TRUE(status.ok()) << status;
  }
  EXPECT_TRUE(writer.Close().ok());
  return std::string(out.written());
}

inline absl::StatusOr<ArchiveReader> ReaderOf(
    std::string_view bytes,
    ArchiveAccess access = ArchiveAccess::kCopyOnWrite) {
  return ArchiveReader::Open(FileBytes::Of(Buffer::Borrow(bytes)), access);
}

// A document with a payload of each kind, the second buffer an array.
inline void FillEveryKind(Document* document) {
  Maker make(document);
  auto array = *Buffer::Copy(PayloadBytes(4800, 3));
  array = *array.WithShape("<d", 8, std::vector<ptrdiff_t>{20, 30});
  document->SetRoot(make.Dict(
      {{"bytes", document->MakeBytes(PayloadBytes(3000))},
       {"bytearray", document->MakeByteArray(PayloadBytes(2048))},
       {"str", document->MakeStr(std::string(2500, 's'))},
       {"array", document->MakeBuffer(array)},
       {"readonly", document->MakeBuffer(
                        Buffer::Copy(PayloadBytes(2100, 4))->AsReadonly())},
       {"small", make.List({1, 2.5, "text"})}}));
}

}  // namespace pickle5

#endif  // PICKLE5_TESTS_ARCHIVE_ARCHIVES_H_
