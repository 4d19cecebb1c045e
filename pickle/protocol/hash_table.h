#ifndef PICKLE5_PICKLE_PROTOCOL_HASH_TABLE_H_
#define PICKLE5_PICKLE_PROTOCOL_HASH_TABLE_H_

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace pickle5::internal {

// Memory for the next allocation of a GrownAllocator in this thread, for as
// long as the object lives; a thread has one at a time. Abseil's tables change
// their size before they allocate, and are broken where that throws; so what
// they will need is there before.
class GrowthReserve {
 public:
  // May throw std::bad_alloc.
  explicit GrowthReserve(size_t size) {
    block = ::operator new(size);
    block_size = size;
  }
  ~GrowthReserve() { ::operator delete(std::exchange(block, nullptr)); }
  GrowthReserve(const GrowthReserve&) = delete;
  GrowthReserve& operator=(const GrowthReserve&) = delete;

  // The block if it holds `size` bytes, nullptr if not, or if it is gone.
  static void* Take(size_t size) {
    if (block == nullptr || size > block_size) return nullptr;
    return std::exchange(block, nullptr);
  }

 private:
  inline static thread_local void* block = nullptr;
  inline static thread_local size_t block_size = 0;
};

template <typename T>
struct GrownAllocator {
  using value_type = T;

  GrownAllocator() = default;
  template <typename U>
  GrownAllocator(const GrownAllocator<U>&) {}  // NOLINT: as allocators do

  T* allocate(size_t count) {
    static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
    void* reserved = GrowthReserve::Take(count * sizeof(T));
    return static_cast<T*>(
        reserved != nullptr ? reserved : ::operator new(count * sizeof(T)));
  }
  void deallocate(T* block, size_t) { ::operator delete(block); }

  friend bool operator==(GrownAllocator, GrownAllocator) { return true; }
};

// Abseil's flat tables, whole also after a std::bad_alloc.
//
// Entries are made before the table is touched, and moved in: moving must not
// throw. There are no references into it across insertions, as in Abseil's.
// Errors: inserting throws std::bad_alloc; nothing is then changed.
template <typename Table>
class SturdyTable : private Table {
 public:
  using Table::begin;
  using Table::contains;
  using Table::empty;
  using Table::end;
  using Table::find;
  using Table::size;
  using typename Table::iterator;
  using typename Table::key_type;
  using typename Table::value_type;
  static_assert(std::is_nothrow_move_constructible_v<key_type>);

  void clear() {
    Table::clear();
    erased_ = 0;
  }
  void erase(const key_type& key) { erased_ += Table::erase(key); }

  void reserve(size_t count) {
    // A table is at most 7/8 full, and its size a power of two.
    const GrowthReserve reserve(BytesOf(2 * (count + count / 7 + 8)));
    Table::reserve(count);
  }

 protected:
  // Inserts by `insert`, which may make the table grow.
  template <typename Insert>
  auto Insertion(Insert insert) {
    const size_t capacity = Table::capacity();
    // 7 slots hold 6 entries where groups are small.
    const size_t room = capacity == 7 ? 6 : capacity - capacity / 8;
    Table& table = *this;
    if (Table::size() + erased_ < room) return insert(table);
    const GrowthReserve reserve(BytesOf(2 * capacity + 1));
    return insert(table);
  }

 private:
  // Slots, a byte of state for each, and what Abseil adds to those.
  static size_t BytesOf(size_t capacity) {
    constexpr size_t kExtra = 64;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): pointers may be keys.
    return capacity * (sizeof(value_type) + 1) + kExtra;
  }

  size_t erased_ = 0;  // since the last clear(): slots that may not be free
};

template <typename Key>
class HashSet
    : public SturdyTable<absl::flat_hash_set<
          Key, typename absl::flat_hash_set<Key>::hasher,
          typename absl::flat_hash_set<Key>::key_equal, GrownAllocator<Key>>> {
 public:
  auto insert(Key key) {
    return this->Insertion(
        [&key](auto& table) { return table.insert(std::move(key)); });
  }
};

template <typename Key, typename T>
class HashMap : public SturdyTable<absl::flat_hash_map<
                    Key, T, typename absl::flat_hash_map<Key, T>::hasher,
                    typename absl::flat_hash_map<Key, T>::key_equal,
                    GrownAllocator<std::pair<const Key, T>>>> {
 public:
  static_assert(std::is_nothrow_move_constructible_v<T>);

  // With the value that T has of its own where none is given.
  auto try_emplace(Key key, T value = T()) {
    return this->Insertion([&key, &value](auto& table) {
      return table.try_emplace(std::move(key), std::move(value));
    });
  }
  // Precondition: the key is there.
  const T& at(const Key& key) const { return this->find(key)->second; }
  T& operator[](Key key) { return try_emplace(std::move(key)).first->second; }
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_PROTOCOL_HASH_TABLE_H_
