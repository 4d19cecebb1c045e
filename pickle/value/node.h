#ifndef PICKLE5_PICKLE_VALUE_NODE_H_
#define PICKLE5_PICKLE_VALUE_NODE_H_

// The memory layout behind Value, private to pickle/value.
//
// What a Value's head and bits hold, by kind:
//   kNone              nothing
//   kBool              bits: 0 or 1
//   kInt               bits: int64; with kBigInt: bits -> text node, length:
//                      bytes of little-endian two's complement, shortest form,
//                      which does not fit int64
//   kFloat             bits: IEEE binary64
//   kStr, kBytes       bits -> text node, length: bytes
//   kTuple, kFrozenSet bits -> items, length: how many; the empty tuple has
//                      no node (bits 0)
//   kList, kSet        bits -> SequenceNode of items
//   kDict              bits -> SequenceNode of keys and values in turn
//   kByteArray         bits -> ByteArrayNode
//   kGlobal, kObject,  bits -> ObjectNode
//   kPersistentId
//   kExtension,        bits -> ScalarNode
//   kBuffer
// A text node is either the bytes themselves, or, with kIndirect in the head, a
// pointer to bytes that live elsewhere (the input, a block of their own).
// In front of every node (at bits - 8) stands a NodeHeader.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "pickle/value/value.h"

namespace pickle5::internal {

struct NodeHeader {
  // A second reference exists. Without it a writer need not remember the node.
  static constexpr uint32_t kShared = 1;
  // Somebody holds a reference (values built by hand; the next one sets
  // kShared).
  static constexpr uint32_t kPlaced = 2;
  // A tuple all of whose items are known to be hashable.
  static constexpr uint32_t kHashable = 4;
  // A text that is known to be a name.
  static constexpr uint32_t kName = 8;

  uint32_t flags = 0;
  uint32_t reserved = 0;
};
static_assert(sizeof(NodeHeader) == 8);

struct SequenceNode {
  Value* items;
  uint32_t size;      // in Values: a dict counts keys and values
  uint32_t capacity;  // in Values
};

struct ByteArrayNode {
  const uint8_t* data;
  uint64_t size;
  uint64_t capacity = 0;  // 0: the bytes are not to be changed in place
};

// A step after an object's construction; its items stand behind it.
struct PostNode {
  PostNode* next;
  PostNode* last;  // of the object's first post: the object's last
  uint64_t count : 56;
  uint64_t kind : 8;

  const Value* items() const {
    return reinterpret_cast<const Value*>(this + 1);
  }
};

// kGlobal:       a: module, b: qualname
// kObject:       a: callable, b: args; behind the node of a kNewObjEx the
//                kwargs; the form is in the head
// kPersistentId: a: the id
struct ObjectNode {
  PostNode* first_post;
  Value a;
  Value b;
};

// kExtension: scalar: the code
// kBuffer:    scalar: the index; buffer: the Document's, may be null
struct ScalarNode {
  PostNode* first_post;
  int64_t scalar;
  const Buffer* buffer;
};

// The parts of a value stand in the order in which they are saved.
static_assert(offsetof(ObjectNode, b) == offsetof(ObjectNode, a) + 16);
static_assert(sizeof(ObjectNode) == offsetof(ObjectNode, a) + 32);

// The way into a Value's representation.
struct ValueAccess {
  static constexpr uint64_t kFlagShift = 8;
  static constexpr uint64_t kLengthShift = 16;
  static constexpr uint64_t kMaxLength = (uint64_t{1} << 48) - 1;

  // Head flags.
  static constexpr uint64_t kIndirect = uint64_t{1} << kFlagShift;  // text
  static constexpr uint64_t kBigInt = uint64_t{2} << kFlagShift;    // kInt
  static constexpr uint64_t kReadonly = uint64_t{1} << kFlagShift;  // kBuffer
  // kGlobal: read under protocol 2 or below, where names are Python 2's.
  static constexpr uint64_t kPython2Name = uint64_t{1} << kFlagShift;
  static constexpr uint64_t kFormShift = kFlagShift;  // kObject

  static constexpr uint64_t Head(Kind kind, uint64_t length = 0,
                                 uint64_t flags = 0) {
    return static_cast<uint64_t>(kind) | flags | length << kLengthShift;
  }
  static constexpr Value Make(uint64_t head, uint64_t bits) {
    return Value(head, bits);
  }
  static Value Make(uint64_t head, const void* node) {
    return Value(head, reinterpret_cast<uint64_t>(node));
  }
  static constexpr uint64_t head(Value v) { return v.head_; }
  static constexpr uint64_t bits(Value v) { return v.bits_; }
  static constexpr uint64_t length(Value v) { return v.head_ >> kLengthShift; }
  static constexpr bool has(Value v, uint64_t flag) {
    return (v.head_ & flag) != 0;
  }

  template <typename Node>
  static Node* node(Value v) {
    return reinterpret_cast<Node*>(v.bits_);
  }
  static NodeHeader* header(Value v) {
    return reinterpret_cast<NodeHeader*>(v.bits_ - sizeof(NodeHeader));
  }
  // Returns whether there is a node, and so a header, behind the Value.
  static constexpr bool has_node(Value v) {
    return v.kind() >= Kind::kStr ? v.bits_ != 0 : has_big_int(v);
  }
  static constexpr bool has_big_int(Value v) {
    return v.kind() == Kind::kInt && has(v, kBigInt);
  }
  // Returns whether the Value is of a kind that carries posts.
  static constexpr bool is_extensible(Value v) {
    return v.kind() >= Kind::kGlobal;
  }

  // The first step after the construction of an extensible Value.
  static PostNode*& first_post(Value v) { return *node<PostNode*>(v); }
  static ObjectForm form(Value object) {
    return static_cast<ObjectForm>(object.head_ >> kFormShift & 0xff);
  }
  // What an extensible Value is made of, in stream order: module and qualname,
  // callable, args and kwargs, or the persistent id.
  static std::span<Value> parts(Value v) {
    size_t count = 0;
    if (v.kind() == Kind::kGlobal) {
      count = 2;
    } else if (v.kind() == Kind::kObject) {
      count = form(v) == ObjectForm::kNewObjEx ? 3 : 2;
    } else if (v.kind() == Kind::kPersistentId) {
      count = 1;
    }
    return {reinterpret_cast<Value*>(v.bits_ + offsetof(ObjectNode, a)), count};
  }

  static const char* text_data(Value v) {
    return has(v, kIndirect) ? *reinterpret_cast<const char* const*>(v.bits_)
                             : reinterpret_cast<const char*>(v.bits_);
  }
  // The bytes of a kStr, a kBytes or a big kInt.
  static std::string_view text(Value v) {
    return {text_data(v), static_cast<size_t>(length(v))};
  }

  // The items of any container; keys and values in turn for a dict.
  static std::span<const Value> items(Value v) {
    switch (v.kind()) {
      case Kind::kTuple:
      case Kind::kFrozenSet:
        return {node<const Value>(v), static_cast<size_t>(length(v))};
      case Kind::kList:
      case Kind::kSet:
      case Kind::kDict: {
        const auto* sequence = node<const SequenceNode>(v);
        return {sequence->items, sequence->size};
      }
      default:
        return {};
    }
  }
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_NODE_H_
