#include "pickle/cli/file_members.h"

#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pickle/cli/packing.h"
#include "pickle/cli/zip_headers.h"
#include "pickle/protocol/limits.h"
#include "pickle/text/shown_text.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"

namespace pickle5::cli {
namespace {

constexpr int kDeepest = 4;
constexpr uint64_t kFreeBytes = uint64_t{64} << 20;
constexpr uint64_t kGrowth = 256;
constexpr size_t kNamesShown = 20;
constexpr const char kTorchMember[] = "data.pkl";

bool LooksLikePickle(std::string_view name, std::string_view bytes) {
  for (const std::string_view suffix :
       {".pkl", ".pickle", ".p", ".npy", ".joblib", ".dill"}) {
    if (name.ends_with(suffix)) return true;
  }
  return (bytes.size() >= 2 && bytes[0] == '\x80' && bytes[1] <= 5) ||
         bytes.starts_with("\x93NUMPY") || PackingOf(bytes) != Packing::kNone;
}

// Tells whether `name` is `choice`, or ends in it after a '/'.
bool IsNamed(std::string_view name, std::string_view choice) {
  if (!name.ends_with(choice)) return false;
  name.remove_suffix(choice.size());
  return name.empty() || name.ends_with('/');
}

bool IsChosen(std::string_view name, const std::string& choice) {
  return IsNamed(name, choice) || IsNamed(name, choice + ".npy");
}

absl::Status NoMember(const std::string& choice,
                      const std::vector<ListedMember>& members) {
  std::string names;
  for (size_t i = 0; i < members.size() && i < kNamesShown; ++i) {
    absl::StrAppend(&names, i == 0 ? "" : ", ",
                    internal::ShownText(members[i].name));
  }
  if (members.size() > kNamesShown) {
    absl::StrAppend(&names, " and ", members.size() - kNamesShown, " more");
  }
  return absl::NotFoundError(absl::StrCat("no member is called ", choice,
                                          members.empty() ? "" : "; there are ",
                                          names));
}

absl::Status HoldsNothing() {
  return absl::UnimplementedError("the archive holds no pickle");
}

absl::Status TooLarge() {
  return absl::ResourceExhaustedError(
      "unpacks to more than 64 MiB and 256 times its size");
}

// The members that are visited.
enum class Reading {
  kScan,  // all that a loader might look at, broken or not
  kLoad,  // those that are chosen
  kList,  // none: only the names are wanted
};

// May throw std::bad_alloc.
class Unpacker {
 public:
  Unpacker(uint64_t file_size, Reading reading, std::string choice,
           const MemberVisit& visit)
      : left_(kFreeBytes + kGrowth * file_size),
        reading_(reading),
        choice_(std::move(choice)),
        visit_(visit) {}

  // `status`: of what made the bytes. A loader may have run what stands in
  // front of an error, or take no notice of it.
  absl::Status Unpack(const std::string& name, std::string_view bytes,
                      int depth, absl::Status status = {}) {
    if (absl::IsResourceExhausted(status)) return status;
    if (!status.ok() && reading_ != Reading::kScan) return status;
    const Packing packing = PackingOf(bytes);
    if (packing == Packing::kNone) {
      if (reading_ == Reading::kLoad && !choice_.empty()) {
        return NoMember(choice_, {});
      }
      if (reading_ != Reading::kList) visit_(name, bytes, status.ok());
      return status;
    }
    status.Update(UnpackPacked(name, bytes, packing, depth));
    return status;
  }

  std::vector<ListedMember>& listed() { return listed_; }

 private:
  absl::Status UnpackPacked(const std::string& name, std::string_view bytes,
                            Packing packing, int depth) {
    if (depth == kDeepest) {
      return absl::ResourceExhaustedError("archives are nested too deep");
    }
    if (packing == Packing::kZlib) return Inflate(name, bytes, depth);
    if (packing != Packing::kZip) {
      return Decompress(name, bytes, packing, depth);
    }
    if (reading_ == Reading::kScan) {
      return UnpackZip(name, bytes, depth, LooksLikePickle);
    }
    absl::Status status = ListZip(bytes);
    if (!status.ok() || reading_ == Reading::kList) return status;
    return LoadZip(name, bytes, depth);
  }

  // Tells whether a member is visited, by its name and bytes.
  using Filter = std::function<bool(std::string_view, std::string_view)>;

  absl::Status LoadZip(const std::string& name, std::string_view bytes,
                       int depth) {
    std::string wanted = std::exchange(choice_, "");
    if (wanted.empty() &&
        std::any_of(listed_.begin(), listed_.end(), [](const auto& member) {
          return IsNamed(member.name, kTorchMember);
        })) {
      wanted = kTorchMember;
    }
    if (wanted.empty()) return UnpackZip(name, bytes, depth, LooksLikePickle);
    if (std::none_of(listed_.begin(), listed_.end(),
                     [&wanted](const ListedMember& member) {
                       return IsChosen(member.name, wanted);
                     })) {
      return NoMember(wanted, listed_);
    }
    return UnpackZip(
        name, bytes, depth,
        [&wanted](std::string_view member, std::string_view) {
          return IsChosen(member, wanted);
        },
        /*by_name=*/true);
  }

  struct ArchiveDeleter {
    void operator()(archive* a) const { archive_read_free(a); }
  };
  using Archive = std::unique_ptr<archive, ArchiveDeleter>;

  static absl::Status Broken(archive* a, Packing packing) {
    const char* text = archive_error_string(a);
    return absl::DataLossError(
        absl::StrCat("broken ", std::string(PackingName(packing)),
                     packing == Packing::kZip ? " archive: " : " file: ",
                     text == nullptr ? "" : text));
  }

  // Makes libarchive take off one layer, of this packing. If it were to look by
  // itself, it would go on with what is inside, by formats that no loader of
  // pickles knows (uuencode), and by starting programs (lrzip).
  static absl::Status AppendFilter(archive* a, Packing packing) {
    // ARCHIVE_WARN: by a program, too.
    if (archive_read_append_filter(a, FilterOf(packing)) == ARCHIVE_OK) {
      return absl::OkStatus();
    }
    return absl::UnimplementedError(
        absl::StrCat("a ", std::string(PackingName(packing)),
                     " file, which this libarchive does not unpack"));
  }

  static int FilterOf(Packing packing) {
    switch (packing) {
      case Packing::kGzip:
        return ARCHIVE_FILTER_GZIP;
      case Packing::kZstd:
        return ARCHIVE_FILTER_ZSTD;
      case Packing::kXz:
        return ARCHIVE_FILTER_XZ;
      case Packing::kBzip2:
        return ARCHIVE_FILTER_BZIP2;
      case Packing::kLz4:
        return ARCHIVE_FILTER_LZ4;
      case Packing::kLzma:
        return ARCHIVE_FILTER_LZMA;
      case Packing::kNone:
      case Packing::kZip:
      case Packing::kZlib:
        break;
    }
    return ARCHIVE_FILTER_NONE;
  }

  absl::StatusOr<Archive> Open(std::string_view bytes, Packing packing) const {
    Archive a(archive_read_new());
    if (a == nullptr) return absl::ResourceExhaustedError("");
    if (packing == Packing::kZip) {
      // By the directory at its end, as Python's zipfile reads it.
      archive_read_support_format_zip_seekable(a.get());
      // Not all loaders look at checksums: a wrong one is to hide nothing.
      if (reading_ == Reading::kScan) {
        archive_read_set_options(a.get(), "zip:ignorecrc32");
      }
    } else {
      absl::Status status = AppendFilter(a.get(), packing);
      if (!status.ok()) return status;
      archive_read_set_format(a.get(), ARCHIVE_FORMAT_RAW);
    }
    if (archive_read_open_memory(a.get(), bytes.data(), bytes.size()) !=
        ARCHIVE_OK) {
      return Broken(a.get(), packing);
    }
    return a;
  }

  // Moves to the next member; nullptr behind the last.
  static absl::StatusOr<archive_entry*> NextEntry(archive* a, Packing packing) {
    archive_entry* entry = nullptr;
    const int result = archive_read_next_header(a, &entry);
    if (result == ARCHIVE_EOF) return nullptr;
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
      return Broken(a, packing);
    }
    return entry;
  }

  static std::string NameOf(archive_entry* entry) {
    if (const char* utf8 = archive_entry_pathname_utf8(entry)) {
      if (IsValidUtf8(utf8, /*allow_surrogates=*/false)) return utf8;
    }
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) return "?";
    // Bytes that are not text are taken for latin1, as text must be UTF-8.
    std::string name;
    if (IsValidUtf8(path, /*allow_surrogates=*/false)) return path;
    DecodePython2String(path, StringEncoding::kLatin1, &name);
    return name;
  }

  absl::Status Decompress(const std::string& name, std::string_view bytes,
                          Packing packing, int depth) {
    const absl::StatusOr<Archive> a = Open(bytes, packing);
    if (!a.ok()) return a.status();
    const absl::StatusOr<archive_entry*> entry = NextEntry(a->get(), packing);
    if (!entry.ok()) return entry.status();
    if (*entry == nullptr) return HoldsNothing();
    std::string content;
    const absl::Status status = ReadMember(a->get(), packing, &content);
    // libarchive takes a header that it does not know for the end.
    if (status.ok() && content.empty()) {
      return absl::DataLossError(absl::StrCat(
          "broken ", std::string(PackingName(packing)), " file: no content"));
    }
    return Unpack(name, content, depth + 1, status);
  }

  // Sets listed_.
  absl::Status ListZip(std::string_view bytes) {
    absl::Status names = CheckZipHeaders(bytes);
    if (!names.ok()) return names;
    const absl::StatusOr<Archive> a = Open(bytes, Packing::kZip);
    if (!a.ok()) return a.status();
    listed_.clear();
    for (;;) {
      const absl::StatusOr<archive_entry*> entry =
          NextEntry(a->get(), Packing::kZip);
      if (!entry.ok()) return entry.status();
      if (*entry == nullptr) return absl::OkStatus();
      const auto size = archive_entry_size(*entry);
      listed_.push_back(
          {NameOf(*entry), size < 0 ? 0 : static_cast<uint64_t>(size)});
    }
  }

  // `by_name`: the filter needs no bytes, so that only those of members that
  // are visited are unpacked.
  absl::Status UnpackZip(const std::string& name, std::string_view bytes,
                         int depth, const Filter& filter,
                         bool by_name = false) {
    const absl::Status names = CheckZipHeaders(bytes);
    const absl::StatusOr<Archive> a = Open(bytes, Packing::kZip);
    if (!a.ok()) return a.status();
    bool found = false;
    for (;;) {
      const absl::StatusOr<archive_entry*> entry =
          NextEntry(a->get(), Packing::kZip);
      if (!entry.ok()) return entry.status();
      if (*entry == nullptr) break;
      const std::string member_name = NameOf(*entry);
      if (by_name && !filter(member_name, "")) continue;
      std::string member;
      absl::Status status = ReadMember(a->get(), Packing::kZip, &member);
      if (!names.ok() || filter(member_name, member)) {
        found = true;
        status =
            Unpack(absl::StrCat(name, name.empty() ? "" : "/", member_name),
                   member, depth + 1, status);
      }
      if (!status.ok()) return status;
    }
    if (found || !names.ok()) return names;
    return HoldsNothing();
  }

  // Appends what can be read, also in front of an error.
  absl::Status ReadMember(archive* a, Packing packing, std::string* bytes) {
    std::array<char, 1 << 16> part;
    for (;;) {
      const la_ssize_t n = archive_read_data(a, part.data(), part.size());
      if (n < 0) return Broken(a, packing);
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
  const Reading reading_;
  std::string choice_;  // empty once it was followed
  const MemberVisit& visit_;
  std::vector<ListedMember> listed_;  // of the zip read last
};

}  // namespace

absl::Status ForEachMember(std::string_view file, const MemberVisit& visit) {
  return Unpacker(file.size(), Reading::kScan, "", visit).Unpack("", file, 0);
}

absl::Status ForEachChosenMember(std::string_view file,
                                 const std::string& choice,
                                 const MemberVisit& visit) {
  return Unpacker(file.size(), Reading::kLoad, choice, visit)
      .Unpack("", file, 0);
}

absl::StatusOr<std::vector<ListedMember>> ListMembers(std::string_view file) {
  const MemberVisit none;
  Unpacker unpacker(file.size(), Reading::kList, "", none);
  absl::Status status = unpacker.Unpack("", file, 0);
  if (!status.ok()) return status;
  return std::move(unpacker.listed());
}

}  // namespace pickle5::cli
