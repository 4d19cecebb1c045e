#include "pickle/cli/file_content.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "pickle/cli/file_members.h"
#include "pickle/cli/packing.h"
#include "pickle/numpy/npy.h"
#include "pickle/protocol/decode_error.h"

namespace pickle5::cli {
namespace {

using std::string_view_literals::operator""sv;

// PROTO 2, the magic number of torch.save as LONG1, STOP.
constexpr std::string_view kTorchLegacyStart =
    "\x80\x02\x8a\x0al\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."sv;

// Opcodes at most so far from the beginning of a file are there by chance if
// it begins as another format does.
constexpr uint64_t kByChance = 512;

absl::StatusOr<FileContent> Open(const Buffer& file,
                                 const std::string& member) {
  FileContent content;
  const std::string_view whole = file.chars();
  absl::Status copied;
  absl::Status status = ForEachChosenMember(
      whole, member,
      [&](const std::string& name, std::string_view bytes, bool) {
        const bool is_file = bytes.data() == whole.data();
        absl::StatusOr<Buffer> buffer =
            is_file ? absl::StatusOr<Buffer>(file) : Buffer::Copy(bytes);
        copied.Update(buffer.status());
        if (buffer.ok()) content.parts.push_back({name, *std::move(buffer)});
      });
  status.Update(copied);
  if (!status.ok()) return status;
  if (content.parts.empty()) return absl::InvalidArgumentError("holds nothing");
  content.is_mapping =
      content.parts.size() > 1 ||
      (member.empty() && content.parts[0].name.ends_with(".npy"));
  return content;
}

}  // namespace

absl::StatusOr<FileContent> OpenContent(const Buffer& file,
                                        const std::string& member) {
  try {
    return Open(file, member);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<PartPickles> PicklesOf(std::string_view part,
                                      const Limits& limits) {
  PartPickles pickles;
  pickles.plain = part;
  if (IsNpy(part)) {
    const absl::StatusOr<std::string_view> pickle = NpyPickle(part);
    if (!pickle.ok()) return pickle.status();
    if (pickle->empty()) {
      return absl::UnimplementedError(
          "an .npy file of an array without objects, which holds no pickle");
    }
    pickles.plain = *pickle;
    pickles.offset = part.size() - pickle->size();
  } else if (IsTorchLegacy(part)) {
    pickles.count = kTorchLegacyPickles;
  } else if (internal::NamesJoblibWrapper(part)) {
    absl::StatusOr<internal::JoblibDump> dump =
        internal::TakeJoblibApart(part, limits);
    if (dump.ok()) pickles.joblib = *std::move(dump);
  }
  return pickles;
}

bool IsPackedOrArray(std::string_view bytes) {
  return PackingOf(bytes) != Packing::kNone || IsNpy(bytes);
}

bool MayBeginOtherFormat(std::string_view start) {
  constexpr std::string_view kStarts[] = {
      "PK\x03\x04"sv,
      "PK\x05\x06"sv,
      "\x1f\x8b"sv,
      "\x28\xb5\x2f\xfd"sv,
      "\xfd"
      "7zXZ\0"sv,
      "BZh"sv,
      "\x04\x22\x4d\x18"sv,
      "\x5d\0\0"sv,
      "x"sv,
      "\x93NUMPY"sv,
      kTorchLegacyStart,
  };
  return std::any_of(
      std::begin(kStarts), std::end(kStarts), [start](std::string_view known) {
        return known.starts_with(start) || start.starts_with(known);
      });
}

std::string_view MappingKey(std::string_view name) {
  if (name.ends_with(".npy")) name.remove_suffix(4);
  return name;
}

bool IsTorchLegacy(std::string_view bytes) {
  return bytes.starts_with(kTorchLegacyStart);
}

absl::Status WithDecodeError(absl::Status explained,
                             const absl::Status& decoded) {
  decoded.ForEachPayload([&explained](auto url, const absl::Cord& payload) {
    explained.SetPayload(url, payload);
  });
  return explained;
}

absl::Status ExplainError(std::string_view bytes, absl::Status status) {
  const std::optional<DecodeError> error = GetDecodeError(status);
  if (!error.has_value() || error->offset > kByChance) return status;
  const std::string_view format = ForeignFormat(bytes);
  if (format.empty()) return status;
  return WithDecodeError(absl::InvalidArgumentError(absl::StrCat(
                             std::string(format), ", which holds no pickle")),
                         status);
}

}  // namespace pickle5::cli
