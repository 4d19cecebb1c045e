#include "pickle/value/get.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "pickle/value/path.h"
#include "pickle/value/repr.h"

namespace pickle5::internal {
namespace {

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

// The path with what may be left out.
std::string FullPath(std::string_view path) {
  if (path.starts_with('$')) return std::string(path);
  const bool has_dot =
      path.empty() || path.starts_with('[') || path.starts_with('.');
  return absl::StrCat(has_dot ? "$" : "$.", Absl(path));
}

// Formats of struct that say the same, by the first of each; the letter of an
// int goes with its size.
char ClassOfFormat(std::string_view format) {
  if (!format.empty() && std::strchr("@=<", format.front()) != nullptr) {
    format.remove_prefix(1);
  }
  if (format.size() != 1) return '\0';
  if (std::strchr("bhilqn", format.front()) != nullptr) return 'i';
  if (std::strchr("BHILQN", format.front()) != nullptr) return 'I';
  if (std::strchr("fd", format.front()) != nullptr) return 'f';
  return format.front();
}

}  // namespace

absl::StatusOr<Value> FollowText(Value root, std::string_view path) {
  if (path.empty()) return root;
  const absl::StatusOr<Path> parsed = ParsePath(FullPath(path));
  if (!parsed.ok()) return parsed.status();
  return Follow(root, *parsed);
}

absl::Status NotOfType(Value found, std::string_view path,
                       std::string_view wanted) {
  const std::string message = absl::StrCat(
      FullPath(path), " is ",
      Repr(found, {.max_items = 3, .max_text = 40, .max_depth = 1}), ", not ",
      Absl(wanted));
  const bool is_number = found.is(Kind::kInt) &&
                         (wanted.starts_with("an int") || wanted == "a float");
  return is_number ? absl::OutOfRangeError(message)
                   : absl::InvalidArgumentError(message);
}

std::optional<uint64_t> AsLargeUint64(Value value) {
  const std::optional<std::string> bytes = value.AsIntBytes();
  if (!bytes.has_value() || bytes->size() != sizeof(uint64_t) + 1 ||
      bytes->back() != 0) {
    return std::nullopt;
  }
  uint64_t number = 0;
  std::memcpy(&number, bytes->data(), sizeof number);
  return number;
}

std::optional<std::string_view> ElementBytes(Value value,
                                             std::string_view format,
                                             size_t size) {
  const std::optional<std::string_view> bytes = value.AsBytes();
  if (!bytes.has_value()) return std::nullopt;
  const Buffer* const buffer = value.buffer();
  const bool plain = buffer == nullptr || !buffer->has_layout();
  if (!plain && (buffer->itemsize() != size ||
                 ClassOfFormat(buffer->format()) != ClassOfFormat(format))) {
    return std::nullopt;
  }
  if (bytes->size() % size != 0 ||
      reinterpret_cast<uintptr_t>(bytes->data()) % size != 0) {
    return std::nullopt;
  }
  return bytes;
}

}  // namespace pickle5::internal
