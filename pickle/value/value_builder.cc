#include "pickle/value/value_builder.h"

#include <algorithm>
#include <limits>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "pickle/text/text_argument.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {

void ValueBuilder::Start(const ReadOptions& options, bool views,
                         BufferSource* source) {
  source_ = source;
  resolver_ = options.class_resolver;
  views_ = views;
  placeholders_ = options.placeholder_buffers;
  mode_ = options.mode;
  encoding_ = options.encoding;
  compounds_ = 0;
  lost_effect_ = false;
  buffer_count_ = 0;
  fault_ = {ErrorCode::kMemoryLimit, nullptr};
  status_ = absl::OkStatus();
}

Fault ValueBuilder::fault() const {
  if (fault_.rule != nullptr) return fault_;
  return {ErrorCode::kMemoryLimit, arena_.limit_reached()
                                       ? "objects take more memory than allowed"
                                       : "no memory"};
}

// --- Scalars and text --------------------------------------------------------

Value ValueBuilder::Long(const uint8_t* p, size_t n) {
  // The shortest form: no byte that only repeats the sign.
  while (n > 1 && p[n - 1] == (p[n - 2] & 0x80 ? 0xff : 0)) --n;
  if (n == 0) return Value::Int(0);
  if (n > 8) {
    const Value text = CopiedStr(p, n);
    if (!Ok(text)) return Null();
    return ValueAccess::Make(
        ValueAccess::Head(Kind::kInt, n, ValueAccess::kBigInt),
        ValueAccess::bits(text));
  }
  uint64_t bits = p[n - 1] & 0x80 ? ~uint64_t{0} : 0;
  std::memcpy(&bits, p, n);
  return Value::Int(static_cast<int64_t>(bits));
}

Value ValueBuilder::View(Kind kind, const uint8_t* p, size_t n,
                         uint64_t flags) {
  void* memory = arena_.Allocate(sizeof(NodeHeader) + sizeof p);
  if (memory == nullptr) return Null();
  auto* header = new (memory) NodeHeader;
  new (header + 1) const uint8_t*(p);
  return ValueAccess::Make(
      ValueAccess::Head(kind, n, ValueAccess::kIndirect | flags), header + 1);
}

Value ValueBuilder::ByteArray(const uint8_t* p, size_t n) {
  const bool view = views_ && n >= kViewThreshold;
  void* memory = arena_.Allocate(sizeof(NodeHeader) + sizeof(ByteArrayNode) +
                                 (view ? 0 : n));
  if (memory == nullptr) return Null();
  ++compounds_;
  auto* header = new (memory) NodeHeader;
  auto* node = new (header + 1) ByteArrayNode{p, n};
  if (!view) {
    if (n != 0) std::memcpy(node + 1, p, n);
    node->data = reinterpret_cast<const uint8_t*>(node + 1);
  }
  return ValueAccess::Make(ValueAccess::Head(Kind::kByteArray), node);
}

Value ValueBuilder::Python2Str(const uint8_t* p, size_t n) {
  if (encoding_ == StringEncoding::kBytes) {
    return Text(Kind::kBytes, p, n, false);
  }
  if (IsAscii(p, n)) return CopiedStr(p, n);
  std::string utf8;
  try {
    const std::optional<ErrorCode> code = DecodePython2String(
        {reinterpret_cast<const char*>(p), n}, encoding_, &utf8);
    if (code.has_value()) {
      Fail(*code, "8-bit string is not in the encoding asked for");
      return Null();
    }
  } catch (const std::bad_alloc&) {
    return Null();
  }
  return CopiedStr(reinterpret_cast<const uint8_t*>(utf8.data()), utf8.size());
}

Value ValueBuilder::Adopt(Opcode opcode, const uint8_t* p, size_t n) {
  switch (opcode) {
    case Opcode::BINUNICODE:
    case Opcode::BINUNICODE8:
      if (!IsValidUtf8(p, n, /*allow_surrogates=*/true)) {
        Fail(ErrorCode::kUtf8, "text is not UTF-8");
        return Null();
      }
      return View(Kind::kStr, p, n);
    case Opcode::BINBYTES:
    case Opcode::BINBYTES8:
      return View(Kind::kBytes, p, n);
    case Opcode::BYTEARRAY8: {
      const Value array = ByteArray(p, 0);
      if (Ok(array)) {
        *ValueAccess::node<ByteArrayNode>(array) = {p, n};
      }
      return array;
    }
    case Opcode::BINSTRING:
      return Python2Str(p, n);
    default:
      return Long(p, n);
  }
}

// --- Containers --------------------------------------------------------------

bool ValueBuilder::FilledSequence(Kind kind, Slot* f, size_t n) {
  const Value sequence = NewSequence(kind);
  if (!Ok(sequence)) return false;
  if (!Extend(ValueAccess::node<SequenceNode>(sequence), f, n)) return false;
  Put(f, sequence);
  return true;
}

bool ValueBuilder::Grow(SequenceNode* sequence, size_t n) {
  const size_t capacity = sequence->capacity;
  const size_t needed = sequence->size + n;
  if (needed > std::numeric_limits<uint32_t>::max()) {
    return Fail(ErrorCode::kMemoryLimit, "a container has over 2^32 entries");
  }
  const auto set = [sequence](void* items, size_t count) {
    sequence->items = static_cast<Value*>(items);
    sequence->capacity = static_cast<uint32_t>(
        std::min<size_t>(count, std::numeric_limits<uint32_t>::max()));
    return true;
  };
  if (needed < kLargeSequence) {
    if (capacity != 0 && arena_.Extend(sequence->items + capacity,
                                       (needed - capacity) * sizeof(Value))) {
      return set(sequence->items, needed);
    }
    const size_t grown =
        capacity == 0 ? needed : std::max(needed, capacity * 2);
    if (grown < kLargeSequence) {
      void* items = arena_.Allocate(grown * sizeof(Value));
      if (items == nullptr) return false;
      CopyItems(static_cast<Slot*>(items), sequence->items, sequence->size);
      return set(items, grown);
    }
  }
  size_t bytes = 0;
  if (capacity >= kLargeSequence) {
    const size_t grown = std::max(needed, capacity + capacity / 2);
    void* items =
        arena_.GrowLarge(sequence->items, grown * sizeof(Value), &bytes);
    return items != nullptr && set(items, bytes / sizeof(Value));
  }
  void* items = arena_.AllocateLarge(
      std::max(needed, 2 * kLargeSequence) * sizeof(Value), &bytes);
  if (items == nullptr) return false;
  CopyItems(static_cast<Slot*>(items), sequence->items, sequence->size);
  return set(items, bytes / sizeof(Value));
}

bool ValueBuilder::HashableSlow(Slot s) {
  if (!s.is(Kind::kTuple)) {
    return Fail(ErrorCode::kUnhashable, "an unhashable key or set item");
  }
  // Each tuple is looked into once, however often it is used.
  std::vector<Value> open = {s};
  while (!open.empty()) {
    const Value tuple = open.back();
    open.pop_back();
    if (!ValueAccess::has_node(tuple)) continue;
    NodeHeader* header = ValueAccess::header(tuple);
    if (header->flags & NodeHeader::kHashable) continue;
    header->flags |= NodeHeader::kHashable;
    for (const Value item : ValueAccess::items(tuple)) {
      if (item.is(Kind::kTuple)) {
        open.push_back(item);
      } else if (kMayBeUnhashable >> static_cast<int>(item.kind()) & 1) {
        return Fail(ErrorCode::kUnhashable, "an unhashable key or set item");
      }
    }
  }
  return true;
}

bool ValueBuilder::AddItems(Slot* f, size_t n) {
  const Value target = f[-1];
  const bool extensible = ValueAccess::is_extensible(target);
  if (n == 0 && !strict() && !extensible) return true;
  if ((strict() || !extensible) && !Hashable(f, n, 1)) return false;
  if (target.is(Kind::kSet)) {
    return Extend(ValueAccess::node<SequenceNode>(target), f, n);
  }
  if (extensible) return AddPost(target, PostKind::kAddItem, f, n);
  return Fail(ErrorCode::kType, "items are added to something that is no set");
}

bool ValueBuilder::AppendOther(Slot* f, size_t n) {
  const Value target = f[-1];
  if (ValueAccess::is_extensible(target)) {
    return AddPost(target, PostKind::kAppend, f, n);
  }
  if (!strict()) {
    if (n == 0) return true;
    if (target.is(Kind::kByteArray)) {
      auto* node = ValueAccess::node<ByteArrayNode>(target);
      const uint64_t size = node->size;
      uint8_t* bytes = MutableBytes(target, size + n);
      if (bytes == nullptr) return false;
      for (size_t i = 0; i < n; ++i) {
        const std::optional<int64_t> byte = f[i].AsInt64();
        if (!byte.has_value() || *byte < 0 || *byte > 255) {
          return Fail(ErrorCode::kByteRange,
                      "bytearray item is no int in range(256)");
        }
        bytes[size + i] = static_cast<uint8_t>(*byte);
      }
      return true;
    }
  }
  return Fail(ErrorCode::kType,
              "items are appended to something without "
              "append");
}

bool ValueBuilder::SetOther(Slot* f, size_t n) {
  const Value target = f[-1];
  if (strict() && !Hashable(f, n / 2, 2)) return false;
  if (ValueAccess::is_extensible(target)) {
    return AddPost(target, PostKind::kSetItem, f, n);
  }
  if (!strict()) {
    if (n == 0) return true;
    if (target.is(Kind::kList)) return SetListItems(target, f, n);
    if (target.is(Kind::kByteArray)) return SetByteArrayItems(target, f, n);
  }
  return Fail(ErrorCode::kType, "items are set in something that is no dict");
}

bool ValueBuilder::Index(Slot key, uint64_t size, uint64_t* index) {
  if (!key.is(Kind::kInt) && !key.is(Kind::kBool)) {
    return Fail(ErrorCode::kType, "index is no int");
  }
  const std::optional<int64_t> given = key.AsInt64();
  const int64_t length = static_cast<int64_t>(size);
  if (!given.has_value() || *given >= length || *given < -length) {
    return Fail(ErrorCode::kIndex, "index is out of range");
  }
  *index = static_cast<uint64_t>(*given < 0 ? *given + length : *given);
  return true;
}

bool ValueBuilder::SetListItems(Slot list, const Slot* f, size_t n) {
  auto* node = ValueAccess::node<SequenceNode>(list);
  for (size_t i = 0; i < n; i += 2) {
    uint64_t index;
    if (!Index(f[i], node->size, &index)) return false;
    Put(node->items + index, f[i + 1]);
  }
  return true;
}

bool ValueBuilder::SetByteArrayItems(Slot array, const Slot* f, size_t n) {
  auto* node = ValueAccess::node<ByteArrayNode>(array);
  for (size_t i = 0; i < n; i += 2) {
    uint64_t index;
    if (!Index(f[i], node->size, &index)) return false;
    const std::optional<int64_t> byte = f[i + 1].AsInt64();
    if (!byte.has_value() || *byte < 0 || *byte > 255) {
      return Fail(ErrorCode::kByteRange,
                  "bytearray item is no int in range(256)");
    }
    uint8_t* bytes = MutableBytes(array, node->size);
    if (bytes == nullptr) return false;
    bytes[index] = static_cast<uint8_t>(*byte);
  }
  return true;
}

uint8_t* ValueBuilder::MutableBytes(Slot array, size_t size) {
  auto* node = ValueAccess::node<ByteArrayNode>(array);
  if (size > node->capacity) {
    const uint64_t grown = std::max<uint64_t>(size, 2 * node->capacity);
    auto* bytes = static_cast<uint8_t*>(arena_.Allocate(grown));
    if (bytes == nullptr) return nullptr;
    if (node->size != 0) std::memcpy(bytes, node->data, node->size);
    node->data = bytes;
    node->capacity = grown;
  }
  node->size = size;
  return const_cast<uint8_t*>(node->data);
}

// --- Objects -----------------------------------------------------------------

Value ValueBuilder::NewScalar(Kind kind, uint64_t flags, int64_t scalar,
                              const Buffer* buffer) {
  void* memory = arena_.Allocate(sizeof(NodeHeader) + sizeof(ScalarNode));
  if (memory == nullptr) return Null();
  ++compounds_;
  auto* header = new (memory) NodeHeader;
  auto* node = new (header + 1) ScalarNode{nullptr, scalar, buffer};
  return ValueAccess::Make(ValueAccess::Head(kind, 0, flags), node);
}

bool ValueBuilder::Refuse(const std::string& name) {
  status_ = absl::PermissionDeniedError(
      absl::StrCat(name, " is not among the classes allowed"));
  return false;
}

bool ValueBuilder::Global(Slot* f, int protocol) {
  if (!f[0].is(Kind::kStr) || !f[1].is(Kind::kStr)) {
    return Fail(ErrorCode::kType, "module and name must be str");
  }
  for (const Value name : {f[0], f[1]}) {
    // Looked at once, however often it is used.
    NodeHeader* header = ValueAccess::header(name);
    if (header->flags & NodeHeader::kName) continue;
    const std::string_view text = ValueAccess::text(name);
    if (text.empty() || text.find('\0') != text.npos) {
      return Fail(ErrorCode::kBadName,
                  "name of a global is empty or holds a NUL");
    }
    header->flags |= NodeHeader::kName;
  }
  if (resolver_ != nullptr &&
      !resolver_->AllowsGlobal(ValueAccess::text(f[0]),
                               ValueAccess::text(f[1]))) {
    return Refuse(absl::StrCat(std::string(ValueAccess::text(f[0])), ".",
                               std::string(ValueAccess::text(f[1]))));
  }
  const Value made =
      NewObject(Kind::kGlobal, protocol < 3 ? ValueAccess::kPython2Name : 0,
                f[0], f[1], Value());
  Put(f, made);
  return Ok(made);
}

bool ValueBuilder::FailCall(Slot callable) {
  return ValueAccess::is_extensible(callable)
             ? Fail(ErrorCode::kType, "arguments are not a tuple")
             : Fail(ErrorCode::kNotCallable, "what is called is no callable");
}

bool ValueBuilder::NewObjEx(Slot* f) {
  const bool kwargs_are_dict = f[2].is(Kind::kDict);
  if (!Call(ObjectForm::kNewObjEx, f, f[2])) return false;
  return kwargs_are_dict ||
         Fail(ErrorCode::kType, "keyword arguments are not a dict");
}

bool ValueBuilder::Instance(Slot* f, size_t n, bool inst) {
  if (n == 0) {
    f[1] = EmptyTuple();
  } else if (!Tuple(f + 1, n)) {
    return false;
  }
  return Call(inst ? ObjectForm::kInst : ObjectForm::kObj, f, {});
}

bool ValueBuilder::BuildOther(Slot* f) {
  // CPython sets no attributes, and so does not fail, for None and for a pair
  // of None and an empty dict.
  Value state = f[1];
  if (state.is(Kind::kTuple) && state.items().size() == 2) {
    const Value slots = state.items()[1];
    state = slots.is(Kind::kDict) && slots.pairs().empty() ? state.items()[0]
                                                           : Value();
  }
  if (!strict() && state.is(Kind::kNone)) return true;
  return Fail(ErrorCode::kType, "state is given to something without state");
}

bool ValueBuilder::Persistent(Slot* f) {
  const Value made = NewObject(Kind::kPersistentId, 0, f[0], Value(), Value());
  Put(f, made);
  return Ok(made);
}

Value ValueBuilder::Extension(int64_t code) {
  if (resolver_ != nullptr && !resolver_->AllowsExtension(code)) {
    Refuse(absl::StrCat("extension code ", code));
    return Null();
  }
  return NewScalar(Kind::kExtension, 0, code);
}

Value ValueBuilder::NextBuffer() {
  const Buffer* buffer = nullptr;
  if (source_ != nullptr) {
    absl::StatusOr<Buffer> next = source_->Next();
    if (next.ok()) {
      try {
        buffer = &buffers_.emplace_back(*std::move(next));
      } catch (const std::bad_alloc&) {
        return Null();
      }
    } else if (next.status().code() != absl::StatusCode::kOutOfRange) {
      status_ = next.status();
      return Null();
    }
  }
  if (buffer == nullptr && !placeholders_) {
    Fail(ErrorCode::kNoBuffer, "fewer buffers were given than are used");
    return Null();
  }
  return NewScalar(Kind::kBuffer, 0, static_cast<int64_t>(buffer_count_++),
                   buffer);
}

Value ValueBuilder::MakeBuffer(const Buffer& buffer, bool readonly) {
  try {
    const Buffer* kept = &buffers_.emplace_back(buffer);
    return NewScalar(Kind::kBuffer, readonly ? ValueAccess::kReadonly : 0,
                     static_cast<int64_t>(buffer_count_++), kept);
  } catch (const std::bad_alloc&) {
    return Null();
  }
}

bool ValueBuilder::ReadonlyBuffer(Slot* f) {
  if (f->is(Kind::kBuffer)) {
    const auto* node = ValueAccess::node<ScalarNode>(*f);
    const Value made = NewScalar(Kind::kBuffer, ValueAccess::kReadonly,
                                 node->scalar, node->buffer);
    Put(f, made);
    return Ok(made);
  }
  if (f->is(Kind::kBytes) || f->is(Kind::kByteArray) ||
      ValueAccess::is_extensible(*f)) {
    return true;
  }
  return Fail(ErrorCode::kType, "not a buffer");
}

void ValueBuilder::KeepEffect(Slot s, const Slot* below) {
  if (!s.is(Kind::kObject) && ValueAccess::first_post(s) == nullptr) return;
  if (below != nullptr && ValueAccess::is_extensible(*below) && !below->Is(s)) {
    lost_effect_ |= !AddPost(*below, PostKind::kEffect, &s, 1);
    return;
  }
  try {
    effects_.push_back(s);
  } catch (const std::bad_alloc&) {
    lost_effect_ = true;
  }
}

}  // namespace pickle5::internal
