#include <cstdint>
#include <new>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "buffers/io_status.h"
#include "pickle/numpy/ndarray.h"
#include "pickle/numpy/npy.h"
#include "pickle/numpy/npy_header.h"
#include "pickle/text/utf8.h"

namespace pickle5 {
namespace {

constexpr size_t kHeaderAlignment = 64;  // NEP 1

std::string Header(const internal::ArrayView& array) {
  std::string shape = absl::StrJoin(array.shape, ", ");
  if (array.shape.size() == 1) shape += ',';
  std::string text = absl::StrCat(
      "{'descr': ", array.descr,
      ", 'fortran_order': ", array.fortran_order ? "True" : "False",
      ", 'shape': (", shape, "), }");
  // Magic, version, length: 2 bytes in version 1.0, which is ASCII here, and 4
  // in 3.0, which is UTF-8.
  const bool is_long = text.size() > 60000 || !IsAscii(text);
  const size_t head = internal::kNpyMagic.size() + 2 + (is_long ? 4 : 2);
  text.append(kHeaderAlignment - (head + text.size() + 1) % kHeaderAlignment,
              ' ');
  text += '\n';
  std::string header(internal::kNpyMagic);
  header += is_long ? '\x03' : '\x01';
  header += '\0';
  for (size_t i = 0; i < (is_long ? 4 : 2); ++i) {
    header += static_cast<char>(text.size() >> (8 * i) & 0xff);
  }
  return header + text;
}

absl::Status Write(Value value, ByteWriter& writer) {
  std::string storage;
  const absl::StatusOr<internal::ArrayView> array =
      internal::ViewArray(value, &storage);
  if (!array.ok()) return array.status();
  if (!writer.Write(Header(*array)) || !writer.WriteLarge(array->data)) {
    return writer.status();
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValueToNpy(Value value, ByteWriter& writer) {
  try {
    return writer.Abandon(Write(value, writer));
  } catch (const std::bad_alloc&) {
    return writer.Abandon(OutOfMemoryStatus());
  }
}

}  // namespace pickle5
