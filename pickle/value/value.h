#ifndef PICKLE5_PICKLE_VALUE_VALUE_H_
#define PICKLE5_PICKLE_VALUE_VALUE_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "pickle/export.h"

namespace pickle5 {

namespace internal {
struct PostNode;
struct ValueAccess;
}  // namespace internal

// The kinds of Python objects a pickle can hold.
enum class Kind : uint8_t {
  kNull,  // no value: a missing key, an index out of range
  kNone,
  kBool,
  kInt,
  kFloat,
  kStr,
  kBytes,
  kByteArray,
  kList,
  kTuple,
  kDict,
  kSet,
  kFrozenSet,
  kGlobal,        // a class or function by name: GLOBAL, STACK_GLOBAL
  kObject,        // what a call would make: REDUCE, NEWOBJ, INST, OBJ, ...
  kExtension,     // EXT1, EXT2, EXT4: a code of the copyreg registry
  kPersistentId,  // PERSID, BINPERSID
  kBuffer,        // NEXT_BUFFER
};

// How an object is constructed.
enum class ObjectForm : uint8_t {
  kReduce,    // callable(*args)
  kNewObj,    // cls.__new__(cls, *args)
  kNewObjEx,  // cls.__new__(cls, *args, **kwargs)
  kInst,      // INST: cls(*args), class named in the opcode
  kObj,       // OBJ: cls(*args), class from the stack
};

// What is done to an object after its construction.
enum class PostKind : uint8_t {
  kState,    // BUILD: one item, the state
  kAppend,   // APPEND, APPENDS: the items
  kSetItem,  // SETITEM, SETITEMS: keys and values in turn
  kAddItem,  // ADDITEMS: the items
  kEffect,   // a call whose result the pickle drops: one item, the call
};

class Value;

// One step after construction, see PostKind.
struct Post {
  PostKind kind;
  std::span<const Value> items;
};

class PostRange;
class PairRange;
class EntryRange;
class ElementRange;

// A handle to one object of a Document: 16 bytes, passed by value, trivially
// copyable. Two handles to the same list are the same list (see Is).
//
// Lifetime: valid while its Document lives and is not loaded anew or cleared.
// Errors:   none; an accessor of another kind, a missing key or an index out
//           of range gives nullopt, an empty range or a null Value, so that
//           accesses chain: `root["weights"][3].AsDouble()`.
// Threads:  reading is safe from many threads at once.
// Cost:     everything here is O(1) unless its comment says otherwise.
class Value {
 public:
  constexpr Value() = default;
  static constexpr Value None() { return Value(Tag(Kind::kNone), 0); }
  static constexpr Value Bool(bool value) {
    return Value(Tag(Kind::kBool), value ? 1 : 0);
  }
  static constexpr Value Int(int64_t value) {
    return Value(Tag(Kind::kInt), static_cast<uint64_t>(value));
  }
  static Value Float(double value) {
    return Value(Tag(Kind::kFloat), __builtin_bit_cast(uint64_t, value));
  }

  constexpr Kind kind() const { return static_cast<Kind>(head_ & 0xff); }
  constexpr bool is_null() const { return kind() == Kind::kNull; }
  // True unless null. Python's truth value is not meant.
  constexpr explicit operator bool() const { return !is_null(); }
  constexpr bool is(Kind kind) const { return this->kind() == kind; }

  // Scalars. AsInt64 and AsDouble convert as Python's int() and float() do
  // from bool, and AsDouble from int; nullopt where the value does not fit or
  // is of another kind.
  PICKLE5_EXPORT std::optional<bool> AsBool() const;
  PICKLE5_EXPORT std::optional<int64_t> AsInt64() const;
  PICKLE5_EXPORT std::optional<double> AsDouble() const;
  // An int of any size as little-endian two's complement, shortest form, and
  // as decimal text (O(digits^2)).
  PICKLE5_EXPORT std::optional<std::string> AsIntBytes() const;
  PICKLE5_EXPORT std::optional<std::string> AsIntText() const;
  // The UTF-8 of a str. Lone surrogates stand as three bytes each, as CPython's
  // "surrogatepass" writes them.
  PICKLE5_EXPORT std::optional<std::string_view> AsStr() const;
  // The bytes of a bytes, bytearray or buffer with data.
  PICKLE5_EXPORT std::optional<std::string_view> AsBytes() const;

  // Python's len(): items, distinct keys, bytes, code points; 0 where there is
  // none. O(n) for str, dict, set and frozenset. An object that is like one of
  // these counts what entries() or, if it has none, elements() gives.
  PICKLE5_EXPORT size_t size() const;
  // The keys and values of all that is like a dict, in stream order (a key may
  // stand twice; the last value counts): of a dict, and of an object what its
  // class was given (OrderedDict, defaultdict, Counter, UserDict, dict itself)
  // and what SETITEM and SETITEMS add to any object, so that subclasses of dict
  // have theirs too. O(1) but for what Python 2's OrderedDict was given.
  PICKLE5_EXPORT EntryRange entries() const;
  // The elements of all that is like a list or set, in stream order: of a list,
  // tuple, set or frozenset, and of an object what its class was given (deque,
  // UserList, set and the like themselves) and what APPEND, APPENDS and
  // ADDITEMS add to any object.
  PICKLE5_EXPORT ElementRange elements() const;
  // The items of a list, tuple, set or frozenset in stream order, as the
  // pickle gave them (a set may hold an item twice), in one piece. elements()
  // has those of objects too.
  PICKLE5_EXPORT std::span<const Value> items() const;
  // The pairs of a dict in stream order, every one of them (a key may stand
  // twice; the last value counts, at the place of the first key), in one piece.
  // entries() has those of objects too.
  PICKLE5_EXPORT PairRange pairs() const;

  // The item of a list or tuple; negative indices count from the end. For a
  // dict, the value of an int key. For an object the value of an int key among
  // its entries(), else the item among its elements() unless it is like a set.
  PICKLE5_EXPORT Value operator[](std::integral auto index) const {
    return At(static_cast<int64_t>(index));
  }
  // The value of a str key of a dict. O(n); build a DictIndex (dict_index.h)
  // to look up many keys of a large dict. For an object, the value among its
  // entries(), else the attribute of that name in its state.
  PICKLE5_EXPORT Value operator[](std::string_view key) const;
  // The value of any key among entries(), found as Python finds it (1 == 1.0
  // == True). O(n).
  PICKLE5_EXPORT Value Find(Value key) const;

  // The value at the end of a path as a C++ type: `root.Get<int64_t>("step")`,
  // `root.Get<double>("layers[3].bias")`, `root.Get<std::string>()` for the
  // value itself. get.h says which types and paths there are.
  template <typename T>
  [[nodiscard]] absl::StatusOr<T> Get(std::string_view path = {}) const;

  // Globals: kGlobal.
  PICKLE5_EXPORT std::string_view module() const;
  PICKLE5_EXPORT std::string_view qualname() const;

  // Objects: kObject. callable() is what is called, most often a kGlobal;
  // kwargs() is null but for kNewObjEx.
  PICKLE5_EXPORT std::optional<ObjectForm> form() const;
  PICKLE5_EXPORT Value callable() const;
  PICKLE5_EXPORT Value args() const;
  PICKLE5_EXPORT Value kwargs() const;
  // The steps after construction, in order; every kind that may carry them
  // (kGlobal to kBuffer) is asked alike.
  PICKLE5_EXPORT PostRange posts() const;
  // The last state given by BUILD, null if none was.
  PICKLE5_EXPORT Value state() const;
  // "module.qualname" of the class an object is an instance of, as far as the
  // pickle tells: the callable, or the first argument of copyreg's
  // reconstructors. Empty if it cannot be told.
  PICKLE5_EXPORT std::string class_name() const;
  PICKLE5_EXPORT bool IsInstanceOf(std::string_view class_name) const;

  PICKLE5_EXPORT std::optional<int32_t> extension_code() const;
  PICKLE5_EXPORT Value persistent_id() const;
  // The place of a buffer among the pickle's out-of-band buffers.
  PICKLE5_EXPORT std::optional<uint64_t> buffer_index() const;
  // The buffer itself; nullptr for a placeholder and for other kinds.
  PICKLE5_EXPORT const Buffer* buffer() const ABSL_ATTRIBUTE_LIFETIME_BOUND;
  // Returns whether READONLY_BUFFER stood behind it.
  PICKLE5_EXPORT bool readonly() const;

  // Python's `is`: the same object. Scalars are the same when equal.
  constexpr bool Is(Value other) const {
    return head_ == other.head_ && bits_ == other.bits_;
  }
  // More than one reference to the object exists.
  PICKLE5_EXPORT bool is_shared() const;

 private:
  friend struct internal::ValueAccess;

  static constexpr uint64_t Tag(Kind kind) {
    return static_cast<uint64_t>(kind);
  }
  constexpr Value(uint64_t head, uint64_t bits) : head_(head), bits_(bits) {}

  PICKLE5_EXPORT Value At(int64_t index) const;

  // Kind in bits 0 to 7, flags in 8 to 15, length in 16 to 63; the meaning of
  // flags, length and bits_ is node.h's.
  uint64_t head_ = 0;
  uint64_t bits_ = 0;
};
static_assert(sizeof(Value) == 16);

// One entry of a dict.
struct Pair {
  Value key;
  Value value;
};

// The entries of a dict, a range of Pair.
class PairRange {
 public:
  class Iterator {
   public:
    using value_type = Pair;
    using difference_type = ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const Value* at) : at_(at) {}
    Pair operator*() const { return {at_[0], at_[1]}; }
    Iterator& operator++() {
      at_ += 2;
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      at_ += 2;
      return old;
    }
    bool operator==(const Iterator& other) const = default;

   private:
    const Value* at_ = nullptr;
  };

  PairRange() = default;
  // Keys and values in turn.
  explicit PairRange(std::span<const Value> flat) : flat_(flat) {}
  Iterator begin() const { return Iterator(flat_.data()); }
  Iterator end() const { return Iterator(flat_.data() + flat_.size()); }
  size_t size() const { return flat_.size() / 2; }
  bool empty() const { return flat_.empty(); }
  Pair operator[](size_t i) const { return {flat_[2 * i], flat_[2 * i + 1]}; }
  // Keys and values in turn.
  std::span<const Value> flat() const { return flat_; }

 private:
  std::span<const Value> flat_;
};

namespace internal {

// Values that stand in several pieces: those that an object was given, then
// those of its steps of some kinds.
struct Pieces {
  std::span<const Value> given;
  // Each of `given` is a list or tuple of key and value.
  bool given_in_pairs = false;
  const PostNode* first_post = nullptr;
  uint8_t post_kinds = 0;  // a bit for each PostKind
};

// Walks through Pieces by strides of 1, or of 2 where keys and values stand in
// turn.
class PieceCursor {
 public:
  PieceCursor() = default;
  PieceCursor(const Pieces& pieces, size_t stride);

  const Value* at() const { return at_; }  // nullptr at the end
  bool in_pairs() const { return in_pairs_; }
  void Advance() {
    at_ += in_pairs_ ? 1 : stride_;
    if (at_ == end_) NextPiece();
  }

 private:
  PICKLE5_EXPORT void NextPiece();

  const Value* at_ = nullptr;
  const Value* end_ = nullptr;
  const PostNode* post_ = nullptr;  // the next one
  uint8_t post_kinds_ = 0;
  uint8_t stride_ = 1;
  bool in_pairs_ = false;
};

inline PieceCursor::PieceCursor(const Pieces& pieces, size_t stride)
    : at_(pieces.given.data()),
      end_(pieces.given.data() + pieces.given.size()),
      post_(pieces.first_post),
      post_kinds_(pieces.post_kinds),
      stride_(static_cast<uint8_t>(stride)),
      in_pairs_(pieces.given_in_pairs) {
  if (at_ == end_) NextPiece();
}

}  // namespace internal

// What Value::entries() gives, a range of Pair.
class EntryRange {
 public:
  class Iterator {
   public:
    using value_type = Pair;
    using difference_type = ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const internal::PieceCursor& at) : at_(at) {}
    Pair operator*() const {
      if (!at_.in_pairs()) return {at_.at()[0], at_.at()[1]};
      const std::span<const Value> pair = at_.at()->items();
      return {pair[0], pair[1]};
    }
    Iterator& operator++() {
      at_.Advance();
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      at_.Advance();
      return old;
    }
    bool operator==(const Iterator& other) const {
      return at_.at() == other.at_.at();
    }

   private:
    internal::PieceCursor at_;
  };

  EntryRange() = default;
  explicit EntryRange(const internal::Pieces& pieces) : pieces_(pieces) {}
  Iterator begin() const { return Iterator({pieces_, 2}); }
  Iterator end() const { return Iterator(); }
  bool empty() const { return begin() == end(); }
  // Each O(pieces): SETITEMS comes at most 1,000 at a time.
  PICKLE5_EXPORT size_t size() const;
  // Null ones if there is none.
  PICKLE5_EXPORT Pair operator[](size_t index) const;

 private:
  internal::Pieces pieces_;
};

// What Value::elements() gives, a range of Value.
class ElementRange {
 public:
  class Iterator {
   public:
    using value_type = Value;
    using difference_type = ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const internal::PieceCursor& at) : at_(at) {}
    Value operator*() const { return *at_.at(); }
    Iterator& operator++() {
      at_.Advance();
      return *this;
    }
    Iterator operator++(int) {
      Iterator old = *this;
      at_.Advance();
      return old;
    }
    bool operator==(const Iterator& other) const {
      return at_.at() == other.at_.at();
    }

   private:
    internal::PieceCursor at_;
  };

  ElementRange() = default;
  explicit ElementRange(const internal::Pieces& pieces) : pieces_(pieces) {}
  Iterator begin() const { return Iterator({pieces_, 1}); }
  Iterator end() const { return Iterator(); }
  bool empty() const { return begin() == end(); }
  // Each O(pieces): APPENDS comes at most 1,000 at a time.
  PICKLE5_EXPORT size_t size() const;
  // Null if there is none.
  PICKLE5_EXPORT Value operator[](size_t index) const;

 private:
  internal::Pieces pieces_;
};

// The steps after an object's construction, a range of Post.
class PostRange {
 public:
  class Iterator {
   public:
    using value_type = Post;
    using difference_type = ptrdiff_t;
    Iterator() = default;
    explicit Iterator(const internal::PostNode* at) : at_(at) {}
    PICKLE5_EXPORT Post operator*() const;
    PICKLE5_EXPORT Iterator& operator++();
    Iterator operator++(int) {
      Iterator old = *this;
      ++*this;
      return old;
    }
    bool operator==(const Iterator& other) const = default;

   private:
    const internal::PostNode* at_ = nullptr;
  };

  PostRange() = default;
  explicit PostRange(const internal::PostNode* first) : first_(first) {}
  Iterator begin() const { return Iterator(first_); }
  Iterator end() const { return Iterator(); }
  bool empty() const { return first_ == nullptr; }

 private:
  const internal::PostNode* first_ = nullptr;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_VALUE_H_
