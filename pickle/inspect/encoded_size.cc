#include "pickle/inspect/encoded_size.h"

#include "buffers/buffer.h"
#include "pickle/value/node.h"

namespace pickle5::internal {
namespace {

constexpr uint64_t kMemoize = 1;
constexpr uint64_t kBatch = 1000;  // items under one APPENDS, as CPython's

// Opcode, length prefix and payload of a counted argument.
uint64_t CountedSize(uint64_t payload) {
  const uint64_t prefix = payload < 256                 ? 1
                          : payload < uint64_t{1} << 32 ? 4
                                                        : 8;
  return 1 + prefix + payload;
}

// MARK and APPENDS, SETITEMS or ADDITEMS; a single item needs no MARK unless
// it is a set's.
uint64_t BatchSize(uint64_t items, bool has_single_form) {
  if (items == 0) return 0;
  const uint64_t last = items % kBatch;
  const uint64_t batches = 2 * ((items + kBatch - 1) / kBatch);
  return last == 1 && has_single_form ? batches - 1 : batches;
}

uint64_t IntSize(Value value) {
  if (ValueAccess::has_big_int(value)) {
    const uint64_t bytes = ValueAccess::length(value);
    return (bytes < 256 ? 2 : 5) + bytes;
  }
  const int64_t number = value.AsInt64().value_or(0);
  if (number >= 0 && number < 0x100) return 2;
  if (number >= 0 && number < 0x10000) return 3;
  if (number >= INT32_MIN && number <= INT32_MAX) return 5;
  uint64_t bytes = 5;
  while (bytes < 8 && (number >> (8 * bytes - 1)) != 0 &&
         (number >> (8 * bytes - 1)) != -1) {
    ++bytes;
  }
  return 2 + bytes;
}

uint64_t TupleSize(uint64_t items) {
  if (items == 0) return 1;
  return (items <= 3 ? 1 : 2) + kMemoize;
}

uint64_t PostsSize(Value value) {
  uint64_t size = 0;
  for (const Post& post : value.posts()) {
    switch (post.kind) {
      case PostKind::kState:
      case PostKind::kEffect:
        size += 1;
        break;
      case PostKind::kAppend:
        size += BatchSize(post.items.size(), true);
        break;
      case PostKind::kSetItem:
        size += BatchSize(post.items.size() / 2, true);
        break;
      case PostKind::kAddItem:
        size += BatchSize(post.items.size(), false);
        break;
    }
  }
  return size;
}

uint64_t ExtensionSize(int32_t code) {
  return code < 0x100 ? 2u : code < 0x10000 ? 3u : 5u;
}

uint64_t ExtensibleSize(Value value) {
  uint64_t size = PostsSize(value);
  switch (value.kind()) {
    case Kind::kExtension:
      return size + ExtensionSize(value.extension_code().value_or(0));
    case Kind::kPersistentId:
      return size + 1;
    case Kind::kBuffer: {
      const Buffer* buffer = value.buffer();
      size += value.readonly() ? 2u : 1u;
      return buffer == nullptr ? size : size + buffer->nbytes();
    }
    default:  // STACK_GLOBAL, or the opcode that calls
      return size + 1 + kMemoize;
  }
}

}  // namespace

uint64_t EncodedSize(Value value) {
  const std::span<const Value> items = ValueAccess::items(value);
  switch (value.kind()) {
    case Kind::kNull:
      return 0;
    case Kind::kNone:
    case Kind::kBool:
      return 1;
    case Kind::kInt:
      return IntSize(value);
    case Kind::kFloat:
      return 9;
    case Kind::kStr:
    case Kind::kBytes:
      return CountedSize(ValueAccess::length(value)) + kMemoize;
    case Kind::kByteArray:
      return 1 + 8 + value.AsBytes().value_or("").size() + kMemoize;
    case Kind::kTuple:
      return TupleSize(items.size());
    case Kind::kList:
      return 1 + kMemoize + BatchSize(items.size(), true);
    case Kind::kDict:
      return 1 + kMemoize + BatchSize(items.size() / 2, true);
    case Kind::kSet:
      return 1 + kMemoize + BatchSize(items.size(), false);
    case Kind::kFrozenSet:
      return 2 + kMemoize;
    default:
      return ExtensibleSize(value);
  }
}

uint64_t EncodedReferenceSize(uint64_t memo_index) {
  return memo_index < 256 ? 2 : 5;
}

}  // namespace pickle5::internal
