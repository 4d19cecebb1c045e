#include "pickle/numpy/npy.h"

#include <array>
#include <new>

#include "absl/status/status.h"
#include "buffers/io_status.h"
#include "pickle/numpy/npy_header.h"

namespace pickle5 {
namespace {

absl::StatusOr<Value> Build(const Buffer& file, Document& document) {
  absl::StatusOr<internal::NpyHeader> header =
      internal::ReadNpyHeader(file.chars(), document);
  if (!header.ok()) return header.status();
  if (header->holds_objects) {
    return absl::InvalidArgumentError(
        "the .npy file holds Python objects; load it with NumPy");
  }
  uint64_t bytes = 0;
  if (__builtin_mul_overflow(header->items, header->itemsize, &bytes) ||
      bytes > file.nbytes() - header->data_offset) {
    return absl::InvalidArgumentError("the .npy file is cut short");
  }
  absl::StatusOr<Buffer> data = file.Slice(header->data_offset, bytes);
  if (!data.ok()) return data.status();
  const std::array<Value, 3> dtype_args = {header->dtype, Value::Bool(false),
                                           Value::Bool(true)};
  const Value dtype = document.MakeObject(ObjectForm::kReduce,
                                          document.MakeGlobal("numpy", "dtype"),
                                          document.MakeTuple(dtype_args));
  const std::array<Value, 6> args = {
      header->shape,
      dtype,
      document.MakeBuffer(*std::move(data)),
      Value::Int(0),
      Value::None(),
      document.MakeStr(header->fortran_order ? "F" : "C")};
  const Value array = document.MakeObject(
      ObjectForm::kReduce, document.MakeGlobal("numpy", "ndarray"),
      document.MakeTuple(args));
  if (array.is_null()) return OutOfMemoryStatus();
  return array;
}

}  // namespace

bool IsNpy(std::string_view bytes) {
  return bytes.starts_with(internal::kNpyMagic);
}

absl::StatusOr<Value> NpyToValue(const Buffer& file, Document& document) {
  try {
    return Build(file, document);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::StatusOr<std::string_view> NpyPickle(std::string_view file) {
  try {
    Document document;
    absl::StatusOr<internal::NpyHeader> header =
        internal::ReadNpyHeader(file, document);
    if (!header.ok()) return header.status();
    if (!header->holds_objects) return std::string_view();
    return file.substr(header->data_offset);
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5
