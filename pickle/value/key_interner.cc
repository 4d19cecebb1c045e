#include "pickle/value/key_interner.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "pickle/protocol/hash_table.h"
#include "pickle/value/fold.h"
#include "pickle/value/hash.h"
#include "pickle/value/node.h"
#include "pickle/value/scalar.h"

namespace pickle5::internal {
namespace {

void AppendNumber(uint64_t number, std::string* out) {
  char bytes[8];
  std::memcpy(bytes, &number, sizeof number);
  out->append(bytes, sizeof bytes);
}

void AppendSized(std::string_view text, std::string* out) {
  AppendNumber(text.size(), out);
  out->append(text);
}

void AppendBuffer(Value v, std::string* out) {
  const Buffer* buffer = v.buffer();
  if (buffer == nullptr) {
    out->push_back(v.readonly() ? 'r' : 'w');
    AppendNumber(
        static_cast<uint64_t>(ValueAccess::node<const ScalarNode>(v)->scalar),
        out);
    return;
  }
  out->push_back('d');
  AppendSized(buffer->chars(), out);
}

// Builds for every value a text in which its children stand by number.
class KeyAlgebra {
 public:
  // Nested keys are asked for one by one, from the outside in.
  static constexpr bool kRemembersAll = true;

  explicit KeyAlgebra(KeyInterner::Objects objects)
      : by_identity_(objects == KeyInterner::Objects::kByIdentity) {
    if (!by_identity_) {
      same_keys_.emplace(KeyInterner::Objects::kByIdentity);
    }
  }

  bool Leaf(Value v, uint64_t* number) {
    text_.clear();
    if (IsScalar(v) && !(by_identity_ && v.is(Kind::kByteArray))) {
      AppendScalarKey(v, &text_);
    } else if (by_identity_ && !IsHashedByContent(v)) {
      text_.push_back('p');
      AppendNumber(Address(v), &text_);
    } else {
      return false;
    }
    *number = Intern();
    return true;
  }

  uint64_t Node(Value v, std::span<const uint64_t> children) {
    if (v.is(Kind::kDict) || v.is(Kind::kSet) || v.is(Kind::kFrozenSet)) {
      return Unordered(v, children);
    }
    text_.clear();
    text_.push_back('k');
    text_.push_back(static_cast<char>(v.kind()));
    if (ValueAccess::is_extensible(v)) {
      AppendObject(v, children);
    } else {
      for (const uint64_t child : children) AppendNumber(child, &text_);
    }
    return Intern();
  }

  uint64_t Endless(Value v) { return ShallowHash(v); }

 private:
  static bool IsHashedByContent(Value v) {
    switch (v.kind()) {
      case Kind::kTuple:
      case Kind::kFrozenSet:
        return true;
      case Kind::kGlobal:
      case Kind::kExtension:
      case Kind::kPersistentId:
        return v.posts().empty();
      default:
        return false;
    }
  }

  uint64_t Unordered(Value v, std::span<const uint64_t> children) {
    std::vector<std::pair<uint64_t, uint64_t>> entries;
    const bool is_dict = v.is(Kind::kDict);
    if (by_identity_) {
      for (const uint64_t child : children) entries.emplace_back(child, 0);
    } else {
      for (const DistinctEntry& entry : DistinctEntries(v, &*same_keys_)) {
        entries.emplace_back(children[entry.first],
                             is_dict ? children[entry.last + 1] : 0);
      }
    }
    std::sort(entries.begin(), entries.end());
    if (by_identity_) {
      entries.erase(std::unique(entries.begin(), entries.end()), entries.end());
    }
    text_.clear();
    text_.push_back(is_dict ? 'd' : 'u');
    for (const auto& [key, value] : entries) {
      AppendNumber(key, &text_);
      AppendNumber(value, &text_);
    }
    return Intern();
  }

  void AppendObject(Value v, std::span<const uint64_t> children) {
    if (v.is(Kind::kObject)) text_.push_back(static_cast<char>(*v.form()));
    if (v.is(Kind::kExtension)) {
      AppendNumber(static_cast<uint64_t>(*v.extension_code()), &text_);
    }
    if (v.is(Kind::kBuffer)) AppendBuffer(v, &text_);
    size_t next = 0;
    for (size_t i = ValueAccess::parts(v).size(); i != 0; --i) {
      AppendNumber(children[next++], &text_);
    }
    for (const Post& post : v.posts()) {
      for (size_t i = 0; i < post.items.size(); ++i) {
        text_.push_back(static_cast<char>(post.kind));
        AppendNumber(children[next++], &text_);
      }
    }
  }

  uint64_t Intern() {
    const auto known = numbers_.find(text_);
    if (known != numbers_.end()) return known->second;
    return numbers_.try_emplace(text_, numbers_.size()).first->second;
  }

  const bool by_identity_;
  std::optional<KeyInterner> same_keys_;  // unless by_identity_
  std::string text_;
  HashMap<std::string, uint64_t> numbers_;
};

// Collects the entries of a container, told apart by numbers or texts that
// stand for their keys.
template <typename Key>
class EntryCollector {
 public:
  explicit EntryCollector(size_t most) {
    entries_.reserve(most);
    if (most > kFew) {
      places_.reserve(most);
    } else {
      few_.reserve(most);
    }
    linear_ = most <= kFew;
  }

  void Add(const Key& key, size_t place) {
    const size_t entry = linear_ ? LinearFind(key) : Find(key);
    if (entry == entries_.size()) {
      entries_.push_back({place, place});
    } else {
      entries_[entry].last = place;
    }
  }

  std::vector<DistinctEntry> Take() { return std::move(entries_); }

 private:
  static constexpr size_t kFew = 8;

  size_t LinearFind(const Key& key) {
    const auto found = std::find(few_.begin(), few_.end(), key);
    const auto entry = static_cast<size_t>(found - few_.begin());
    if (found == few_.end()) few_.push_back(key);
    return entry;
  }
  size_t Find(const Key& key) {
    return places_.try_emplace(key, entries_.size()).first->second;
  }

  bool linear_;
  std::vector<DistinctEntry> entries_;
  std::vector<Key> few_;
  HashMap<Key, size_t> places_;
};

template <typename Key, typename KeyOf>
std::vector<DistinctEntry> Collect(std::span<const Value> items, size_t stride,
                                   const KeyOf& key_of) {
  EntryCollector<Key> collector(items.size() / stride);
  for (size_t i = 0; i < items.size(); i += stride) {
    collector.Add(key_of(items[i]), i);
  }
  return collector.Take();
}

}  // namespace

class KeyInterner::Table {
 public:
  explicit Table(Objects objects) : algebra_(objects) {}
  Key Of(Value key) {
    const auto result = fold_.Of(key);
    return {result.number, result.finite};
  }

 private:
  KeyAlgebra algebra_;
  Fold<KeyAlgebra> fold_{&algebra_};
};

KeyInterner::KeyInterner(Objects objects)
    : table_(std::make_unique<Table>(objects)) {}
KeyInterner::~KeyInterner() = default;
KeyInterner::Key KeyInterner::Of(Value key) { return table_->Of(key); }

std::vector<DistinctEntry> DistinctEntries(Value container) {
  KeyInterner keys(KeyInterner::Objects::kByIdentity);
  return DistinctEntries(container, &keys);
}

std::vector<DistinctEntry> DistinctEntries(Value container, KeyInterner* keys) {
  return DistinctEntries(ValueAccess::items(container),
                         container.is(Kind::kDict) ? 2 : 1, keys);
}

std::vector<DistinctEntry> DistinctEntries(std::span<const Value> items,
                                           size_t stride, KeyInterner* keys) {
  if (keys == nullptr) {
    KeyInterner own(KeyInterner::Objects::kByIdentity);
    return DistinctEntries(items, stride, &own);
  }
  if (items.size() <= stride) {
    return std::vector<DistinctEntry>(items.size() / stride);
  }
  bool strings = true;
  bool ints = true;
  for (size_t i = 0; i < items.size(); i += stride) {
    strings = strings && items[i].is(Kind::kStr) && !IsLongText(items[i]);
    ints =
        ints && items[i].is(Kind::kInt) && !ValueAccess::has_big_int(items[i]);
  }
  if (strings) {
    return Collect<std::string_view>(items, stride, ValueAccess::text);
  }
  if (ints) return Collect<uint64_t>(items, stride, ValueAccess::bits);
  return Collect<uint64_t>(items, stride,
                           [keys](Value key) { return keys->Of(key).number; });
}

}  // namespace pickle5::internal
