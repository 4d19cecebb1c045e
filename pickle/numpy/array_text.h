#ifndef PICKLE5_PICKLE_NUMPY_ARRAY_TEXT_H_
#define PICKLE5_PICKLE_NUMPY_ARRAY_TEXT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "pickle/numpy/ndarray.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// Prints the items of arrays of one dtype as Python shows them: 1.5, True,
// (1+2j), 'text', b'bytes', NaT; dates and time spans as counts of their unit,
// items of structures as tuples, subarrays as lists, bytes without a type as
// b'...'.
class ItemPrinter {
 public:
  // The dtype as an .npy header spells it. InvalidArgument if it is none.
  static absl::StatusOr<ItemPrinter> Make(std::string_view descr);
  ~ItemPrinter();
  ItemPrinter(ItemPrinter&&) noexcept;
  ItemPrinter& operator=(ItemPrinter&&) noexcept;

  // The size of an item.
  uint64_t size() const;

  // Precondition: `item` has the size of the dtype. Of long text and bytes,
  // `max_text` characters are shown.
  void Append(std::string_view item, uint64_t max_text, std::string* out) const;

 private:
  struct Type;
  explicit ItemPrinter(std::unique_ptr<const Type> type);

  std::unique_ptr<const Type> type_;
};

// The offset in the data of the item that is the n-th in C order.
uint64_t ItemOffset(const ArrayView& array, uint64_t n);

// "float64 (3, 4)", "[('a', '<i4')] (2,)": dtype and shape.
std::string ArrayTitle(const ArrayView& array);

// Appends array([[1.0, 2.0], [3.0, ... 5 more]], shape=(4, 2), dtype='<f8')
// if the value is an ndarray without Python objects of at most 64 dimensions,
// and tells whether it is; at most `max_items` items are shown, 50 if they have
// no bytes, and 200 characters of each unless that is ReprOptions::kUnlimited.
bool AppendArrayText(Value value, uint64_t max_items, std::string* out);

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_NUMPY_ARRAY_TEXT_H_
