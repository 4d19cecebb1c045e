#include "pickle/cli/file_members.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pickle/cli/zip_headers.h"

namespace pickle5::cli {
namespace {

using Visit = std::function<void(const std::string& name,
                                 std::string_view bytes, bool whole)>;

constexpr int kDeepest = 4;
constexpr uint64_t kFreeBytes = uint64_t{64} << 20;
constexpr uint64_t kGrowth = 256;

enum class Packing { kNone, kZip, kStream, kZlib };

Packing PackingOf(std::string_view bytes) {
  using std::string_view_literals::operator""sv;
  if (bytes.starts_with("PK\x03\x04"sv) || bytes.starts_with("PK\x05\x06"sv)) {
    return Packing::kZip;
  }
  for (const std::string_view magic :
       {"\x1f\x8b"sv, "\x28\xb5\x2f\xfd"sv,
        "\xfd"
        "7zXZ\0"sv,
        "BZh"sv, "\x04\x22\x4d\x18"sv, "\x5d\0\0"sv}) {
    if (bytes.starts_with(magic)) return Packing::kStream;
  }
  // RFC 1950: method 8, and a multiple of 31. No pickle begins so: 'x' is no
  // opcode.
  if (bytes.size() >= 2 && bytes[0] == 'x' &&
      (0x7800 + static_cast<uint8_t>(bytes[1])) % 31 == 0) {
    return Packing::kZlib;
  }
  return Packing::kNone;
}

bool LooksLikePickle(std::string_view name, std::string_view bytes) {
  for (const std::string_view suffix :
       {".pkl", ".pickle", ".p", ".npy", ".joblib", ".dill"}) {
    if (name.ends_with(suffix)) return true;
  }
  return (bytes.size() >= 2 && bytes[0] == '\x80' && bytes[1] <= 5) ||
         bytes.starts_with("\x93NUMPY") || PackingOf(bytes) != Packing::kNone;
}

absl::Status TooLarge() {
  return absl::ResourceExhaustedError(
      "unpacks to more than 64 MiB and 256 times its size");
}

// May throw std::bad_alloc.
class Unpacker {
 public:
  Unpacker(uint64_t file_size, const Visit& visit)
      : left_(kFreeBytes + kGrowth * file_size), visit_(visit) {}

  // `status`: of what made the bytes. A loader may have run what stands in
  // front of an error, or take no notice of it.
  absl::Status Unpack(const std::string& name, std::string_view bytes,
                      int depth, absl::Status status = {}) {
    if (absl::IsResourceExhausted(status)) return status;
    const Packing packing = PackingOf(bytes);
    if (packing == Packing::kNone) {
      visit_(name, bytes, status.ok());
      return status;
    }
    status.Update(UnpackPacked(name, bytes, packing, depth));
    return status;
  }

 private:
  absl::Status UnpackPacked(const std::string& name, std::string_view bytes,
                            Packing packing, int depth) {
    if (depth == kDeepest) {
      return absl::ResourceExhaustedError("archives are nested too deep");
    }
    if (packing == Packing::kZlib) return Inflate(name, bytes, depth);
    return Extract(name, bytes, packing, depth);
  }

  struct ArchiveDeleter {
    void operator()(archive* a) const { archive_read_free(a); }
  };
  using Archive = std::unique_ptr<archive, ArchiveDeleter>;

  static absl::Status Broken(archive* a) {
    const char* text = archive_error_string(a);
    return absl::DataLossError(
        absl::StrCat("broken archive: ", text == nullptr ? "" : text));
  }

  absl::Status Extract(const std::string& name, std::string_view bytes,
                       Packing packing, int depth) {
    const Archive a(archive_read_new());
    if (a == nullptr) return absl::ResourceExhaustedError("");
    absl::Status names;
    if (packing == Packing::kZip) {
      names = CheckZipHeaders(bytes);
      // By the directory at its end, as Python's zipfile reads it.
      archive_read_support_format_zip_seekable(a.get());
      // Not all loaders look at checksums: a wrong one is to hide nothing.
      archive_read_set_options(a.get(), "zip:ignorecrc32");
    } else {
      archive_read_support_filter_all(a.get());
      archive_read_support_format_raw(a.get());
    }
    if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) !=
        ARCHIVE_OK) {
      return Broken(a.get());
    }
    bool found = false;
    archive_entry* entry = nullptr;
    for (;;) {
      const int result = archive_read_next_header(a.get(), &entry);
      if (result == ARCHIVE_EOF) break;
      if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
        return Broken(a.get());
      }
      std::string member;
      absl::Status status = ReadMember(a.get(), &member);
      if (packing == Packing::kStream) {
        return Unpack(name, member, depth + 1, status);
      }
      const char* path = archive_entry_pathname(entry);
      const std::string member_name = path == nullptr ? "?" : path;
      if (!names.ok() || LooksLikePickle(member_name, member)) {
        found = true;
        status =
            Unpack(absl::StrCat(name, name.empty() ? "" : "/", member_name),
                   member, depth + 1, status);
      }
      if (!status.ok()) return status;
    }
    if (found || !names.ok()) return names;
    return absl::UnimplementedError("the archive holds no pickle");
  }

  // Appends what can be read, also in front of an error.
  absl::Status ReadMember(archive* a, std::string* bytes) {
    std::array<char, 1 << 16> part;
    for (;;) {
      const la_ssize_t n = archive_read_data(a, part.data(), part.size());
      if (n < 0) return Broken(a);
      if (n == 0) return absl::OkStatus();
      if (!Take(static_cast<uint64_t>(n))) return TooLarge();
      bytes->append(part.data(), static_cast<size_t>(n));
    }
  }

  absl::Status Inflate(const std::string& name, std::string_view bytes,
                       int depth) {
    z_stream stream = {};
    if (inflateInit(&stream) != Z_OK) return absl::ResourceExhaustedError("");
    const std::unique_ptr<z_stream, int (*)(z_stream*)> end(&stream,
                                                            inflateEnd);
    std::string inflated;
    std::array<char, 1 << 16> part;
    int result = Z_OK;
    while (result == Z_OK) {
      if (stream.avail_in == 0) {
        const size_t size = std::min<size_t>(bytes.size(), 1u << 30);
        stream.next_in =
            reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
        stream.avail_in = static_cast<uInt>(size);
        bytes.remove_prefix(size);
      }
      stream.next_out = reinterpret_cast<Bytef*>(part.data());
      stream.avail_out = static_cast<uInt>(part.size());
      result = inflate(&stream, Z_NO_FLUSH);
      const size_t made = part.size() - stream.avail_out;
      if (!Take(made)) return TooLarge();
      inflated.append(part.data(), made);
    }
    return Unpack(name, inflated, depth + 1,
                  result == Z_STREAM_END
                      ? absl::OkStatus()
                      : absl::DataLossError("broken zlib data"));
  }

  bool Take(uint64_t bytes) {
    if (bytes > left_) return false;
    left_ -= bytes;
    return true;
  }

  uint64_t left_;
  const Visit& visit_;
};

}  // namespace

absl::Status ForEachMember(std::string_view file, const Visit& visit) {
  return Unpacker(file.size(), visit).Unpack("", file, 0);
}

}  // namespace pickle5::cli
