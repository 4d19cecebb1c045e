#include "pickle/cli/packing.h"

#include <cstddef>
#include <cstdint>

namespace pickle5::cli {
namespace {

using std::string_view_literals::operator""sv;

// bzip2: "BZh", the level, and the magic of a block or of the end. The first
// bytes alone also begin a BINBYTES.
bool IsBzip2(std::string_view bytes) {
  if (bytes.size() < 10 || !bytes.starts_with("BZh"sv) || bytes[3] < '1' ||
      bytes[3] > '9') {
    return false;
  }
  const std::string_view magic = bytes.substr(4, 6);
  return magic == "1AY&SY"sv || magic == "\x17\x72\x45\x38\x50\x90"sv;
}

// RFC 1950: method 8, and a multiple of 31. No pickle begins so: 'x' is no
// opcode.
bool IsZlib(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == 'x' &&
         (0x7800 + static_cast<uint8_t>(bytes[1])) % 31 == 0;
}

struct Magic {
  size_t offset;
  std::string_view bytes;
  std::string_view format;
};

constexpr Magic kForeignFormats[] = {
    {0, "\x89HDF\r\n\x1a\n", "an HDF5 file"},
    {0, "PAR1", "a Parquet file"},
    {0, "ARROW1", "an Arrow file"},
    {0, "SQLite format 3", "an SQLite database"},
    {0, "\x89PNG\r\n", "a PNG image"},
    {0, "\xff\xd8\xff", "a JPEG image"},
    {0, "GIF8", "a GIF image"},
    {0, "%PDF-", "a PDF file"},
    {0,
     "\x7f"
     "ELF",
     "an ELF file"},
    {0, "7z\xbc\xaf\x27\x1c", "a 7z archive"},
    {0, "Rar!\x1a\x07", "a RAR archive"},
    {0, "LZIP", "an lzip file"},
    {0, "\x1f\x9d", "a file of compress"},
    {0, "\x89LZO", "an lzop file"},
    {0, "GGUF", "a GGUF file"},
    {0, "<?xml", "an XML file"},
    {0, "<!DOCTYPE", "an HTML file"},
    {0, "<html", "an HTML file"},
    {0, "#!", "a script"},
    {0, "version https://git-lfs", "a pointer of Git LFS, not the file itself"},
    {257, "ustar", "a tar archive"},
};

// Eight bytes of length, and so much JSON.
bool IsSafetensors(std::string_view bytes) {
  if (bytes.size() < 10 || bytes.substr(8, 2) != "{\"") return false;
  uint64_t length = 0;
  for (size_t i = 8; i-- > 0;) {
    length = length << 8 | static_cast<uint8_t>(bytes[i]);
  }
  return length <= bytes.size() - 8;
}

}  // namespace

Packing PackingOf(std::string_view bytes) {
  if (bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv)) {
    return Packing::kZip;
  }
  if (bytes.starts_with("\x1f\x8b"sv)) return Packing::kGzip;
  if (bytes.starts_with("\x28\xb5\x2f\xfd"sv)) return Packing::kZstd;
  if (bytes.starts_with("\xfd"
                        "7zXZ\0"sv))
    return Packing::kXz;
  if (IsBzip2(bytes)) return Packing::kBzip2;
  if (bytes.starts_with("\x04\x22\x4d\x18"sv)) return Packing::kLz4;
  if (bytes.starts_with("\x5d\0\0"sv)) return Packing::kLzma;
  return IsZlib(bytes) ? Packing::kZlib : Packing::kNone;
}

std::string_view PackingName(Packing packing) {
  switch (packing) {
    case Packing::kNone:
      break;
    case Packing::kZip:
      return "zip";
    case Packing::kGzip:
      return "gzip";
    case Packing::kZstd:
      return "zstd";
    case Packing::kXz:
      return "xz";
    case Packing::kBzip2:
      return "bzip2";
    case Packing::kLz4:
      return "lz4";
    case Packing::kLzma:
      return "lzma";
    case Packing::kZlib:
      return "zlib";
  }
  return "";
}

std::string_view ForeignFormat(std::string_view bytes) {
  for (const Magic& magic : kForeignFormats) {
    if (bytes.size() > magic.offset &&
        bytes.substr(magic.offset).starts_with(magic.bytes)) {
      return magic.format;
    }
  }
  if (IsSafetensors(bytes)) return "a safetensors file";
  const size_t first = bytes.find_first_not_of(" \t\r\n");
  if (first == bytes.npos) return "";
  if (bytes.substr(first).starts_with("{\"") ||
      bytes.substr(first).starts_with("[{")) {
    return "JSON text";
  }
  return "";
}

}  // namespace pickle5::cli
