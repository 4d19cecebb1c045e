#include "pickle/value/hash.h"

#include <cstddef>
#include <cstring>
#include <exception>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/value/child_cursor.h"
#include "pickle/value/fold.h"
#include "pickle/value/key_interner.h"
#include "pickle/value/node.h"
#include "pickle/value/scalar.h"
#include "xxhash.h"

namespace pickle5 {
namespace internal {
namespace {

uint64_t MakeSeed() {
  try {
    std::random_device device;
    return uint64_t{device()} << 32 | device();
  } catch (const std::exception&) {
    // No source of randomness: where the loader put this is some.
    return reinterpret_cast<uint64_t>(&MakeSeed);
  }
}

uint64_t Seed() {
  static const uint64_t seed = MakeSeed();
  return seed;
}

uint64_t Mix(uint64_t a, uint64_t b) {
  const absl::uint128 product =
      absl::uint128(a ^ Seed()) * (b ^ 0x9e3779b97f4a7c15);
  return absl::Uint128High64(product) ^ absl::Uint128Low64(product) ^ a;
}

uint64_t TextHash(std::string_view text) {
  return XXH3_64bits_withSeed(text.data(), text.size(), Seed());
}

uint64_t IntHash(uint64_t bits) { return Mix(bits, 0x1d); }

uint64_t ScalarHash(Value v) {
  if (v.is(Kind::kStr)) return StrHash(ValueAccess::text(v));
  if (v.is(Kind::kInt) && !ValueAccess::has_big_int(v)) {
    return IntHash(ValueAccess::bits(v));
  }
  std::string key;
  AppendScalarKey(v, &key);
  if (key[0] != 'i') return TextHash(key);
  uint64_t bits;
  std::memcpy(&bits, key.data() + 1, sizeof bits);
  return IntHash(bits);
}

uint64_t BufferHash(Value v) {
  const Buffer* buffer = v.buffer();
  if (buffer != nullptr) return TextHash(buffer->chars());
  return Mix(*v.buffer_index(), v.readonly() ? 1 : 2);
}

// The kind, lists apart from tuples but sets not from frozensets.
uint64_t KindHash(Value v) {
  const Kind kind = v.is(Kind::kFrozenSet) ? Kind::kSet : v.kind();
  return Mix(static_cast<uint64_t>(kind), 0x3b);
}

class HashAlgebra {
 public:
  static constexpr bool kRemembersAll = false;

  bool Leaf(Value v, uint64_t* number) {
    if (!IsScalar(v)) return false;
    *number = ScalarHash(v);
    return true;
  }

  uint64_t Node(Value v, std::span<const uint64_t> children) {
    uint64_t hash = KindHash(v);
    if (v.is(Kind::kDict) || v.is(Kind::kSet) || v.is(Kind::kFrozenSet)) {
      const bool is_dict = v.is(Kind::kDict);
      for (const DistinctEntry& entry : DistinctEntries(v, &keys_)) {
        hash += Mix(children[entry.first],
                    is_dict ? children[entry.last + 1] : 0x5a);
      }
      return Mix(hash, 0x71);
    }
    if (ValueAccess::is_extensible(v)) hash = ObjectHash(v, hash);
    for (const uint64_t child : children) hash = Mix(hash, child);
    return hash;
  }

  uint64_t Endless(Value v) { return ShallowHash(v); }

 private:
  static uint64_t ObjectHash(Value v, uint64_t hash) {
    if (v.is(Kind::kObject)) {
      hash = Mix(hash, static_cast<uint64_t>(*v.form()));
    } else if (v.is(Kind::kExtension)) {
      hash = Mix(hash, static_cast<uint64_t>(*v.extension_code()));
    } else if (v.is(Kind::kBuffer)) {
      hash = Mix(hash, BufferHash(v));
    }
    for (const Post& post : v.posts()) {
      for (size_t i = 0; i < post.items.size(); ++i) {
        hash = Mix(hash, static_cast<uint64_t>(post.kind));
      }
    }
    return hash;
  }

  KeyInterner keys_{KeyInterner::Objects::kByIdentity};
};

// Returns whether Python could hash the value.
bool IsHashable(Value root) {
  std::vector<ChildCursor> pending;
  HashSet<uint64_t> seen;
  // False if `v` cannot be hashed itself; puts its items into `pending`.
  const auto enter = [&](Value v) {
    switch (v.kind()) {
      case Kind::kList:
      case Kind::kDict:
      case Kind::kSet:
      case Kind::kByteArray:
      case Kind::kNull:
        return false;
      case Kind::kTuple:
      case Kind::kFrozenSet:
        if ((!IsShared(v) && !v.Is(root)) || seen.insert(Address(v)).second) {
          pending.emplace_back(v);
        }
        return true;
      default:
        return true;
    }
  };
  if (!enter(root)) return false;
  while (!pending.empty()) {
    const Value* child = pending.back().Next();
    if (child == nullptr) {
      pending.pop_back();
    } else if (!enter(*child)) {
      return false;
    }
  }
  return true;
}

}  // namespace

uint64_t StrHash(std::string_view text) {
  // A seed of its own: a str is not the scalar key that reads the same.
  return XXH3_64bits_withSeed(text.data(), text.size(), ~Seed());
}

uint64_t ShallowHash(Value v) {
  uint64_t hash = KindHash(v);
  switch (v.kind()) {
    case Kind::kList:
    case Kind::kTuple:
      return Mix(hash, v.size());
    case Kind::kObject: {
      const Value args = v.args();
      hash = Mix(hash, static_cast<uint64_t>(*v.form()));
      if (v.callable().is(Kind::kGlobal)) {
        hash = Mix(hash, TextHash(v.callable().module()));
        hash = Mix(hash, TextHash(v.callable().qualname()));
      }
      for (const Value arg : args.items()) {
        if (IsScalar(arg)) hash = Mix(hash, ScalarHash(arg));
      }
      return hash;
    }
    default:
      return hash;
  }
}

uint64_t ContentHash(Value value) {
  if (IsScalar(value)) return ScalarHash(value);
  return ContentHasher().Of(value);
}

class ContentHasher::State {
 public:
  uint64_t Of(Value value) { return fold_.Of(value).number; }

 private:
  HashAlgebra algebra_;
  Fold<HashAlgebra> fold_{&algebra_};
};

ContentHasher::ContentHasher() : state_(std::make_unique<State>()) {}
ContentHasher::~ContentHasher() = default;
uint64_t ContentHasher::Of(Value value) { return state_->Of(value); }

}  // namespace internal

std::optional<uint64_t> Hash(Value value) {
  if (!internal::IsHashable(value)) return std::nullopt;
  return internal::ContentHash(value);
}

}  // namespace pickle5
