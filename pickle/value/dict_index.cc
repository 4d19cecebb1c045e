#include "pickle/value/dict_index.h"

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "pickle/protocol/hash_table.h"
#include "pickle/value/contents.h"
#include "pickle/value/equal.h"
#include "pickle/value/hash.h"
#include "pickle/value/key_interner.h"
#include "pickle/value/node.h"

namespace pickle5 {

class DictIndex::Table {
 public:
  explicit Table(Value dict) {
    std::vector<Value> of_object;
    std::span<const Value> items = dict.pairs().flat();
    if (!dict.is(Kind::kDict)) {
      of_object = internal::FlatEntries(dict);
      items = of_object;
    }
    const std::vector<internal::DistinctEntry> distinct =
        internal::DistinctEntries(items, 2);
    entries_.reserve(distinct.size());
    heads_.reserve(distinct.size());
    internal::ContentHasher hasher;
    for (const internal::DistinctEntry& entry : distinct) {
      const Value key = items[entry.first];
      const auto place = static_cast<uint32_t>(entries_.size());
      const auto [head, fresh] = heads_.try_emplace(hasher.Of(key), kNone);
      entries_.push_back({key, items[entry.last + 1], head->second});
      head->second = place;
    }
  }

  template <typename Matches>
  Value Find(uint64_t hash, const Matches& matches) const {
    const auto head = heads_.find(hash);
    if (head == heads_.end()) return {};
    for (uint32_t i = head->second; i != kNone; i = entries_[i].next) {
      if (matches(entries_[i].key)) return entries_[i].value;
    }
    return {};
  }

  size_t size() const { return entries_.size(); }

 private:
  static constexpr uint32_t kNone = std::numeric_limits<uint32_t>::max();

  struct Entry {
    Value key;
    Value value;
    uint32_t next;  // of the same hash
  };

  std::vector<Entry> entries_;
  internal::HashMap<uint64_t, uint32_t> heads_;
};

DictIndex::DictIndex(Value dict) : table_(std::make_unique<Table>(dict)) {}
DictIndex::~DictIndex() = default;
DictIndex::DictIndex(DictIndex&&) noexcept = default;
DictIndex& DictIndex::operator=(DictIndex&&) noexcept = default;

Value DictIndex::Find(Value key) const {
  return table_->Find(internal::ContentHash(key),
                      [key](Value other) { return Equal(key, other); });
}

Value DictIndex::Find(std::string_view key) const {
  return table_->Find(internal::StrHash(key), [key](Value other) {
    return other.is(Kind::kStr) && internal::ValueAccess::text(other) == key;
  });
}

size_t DictIndex::size() const { return table_->size(); }

}  // namespace pickle5
