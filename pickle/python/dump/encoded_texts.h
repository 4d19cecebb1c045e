#ifndef PICKLE5_PICKLE_PYTHON_DUMP_ENCODED_TEXTS_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_ENCODED_TEXTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// Which long texts were encoded lately. _pickle leaves the UTF-8 of every text
// in the str, so that the next dump copies it. It takes as much memory as the
// text, and most texts are dumped once: it is left there at the second dump.
//
// Texts are told by address and length, nothing is owned. A new text in the
// place of one that died is taken for it: its UTF-8 is left at the first dump.
class EncodedTexts {
 public:
  // Shorter ones are encoded as fast as they are copied.
  static constexpr Py_ssize_t kMinLength = 64;

  // Returns whether the text was encoded before; then it is forgotten, else
  // noted.
  bool Again(PyObject* text) {
    if (keys_ == nullptr) keys_.reset(new (std::nothrow) uint64_t[kCount]());
    if (keys_ == nullptr) return false;
    const auto address = reinterpret_cast<uintptr_t>(text);
    const uint64_t key =
        uint64_t{address} ^
        (static_cast<uint64_t>(PyUnicode_GET_LENGTH(text)) << 32);
    uint64_t& place = keys_[(address * kSpread) >> (64 - kLog2Count)];
    const bool again = place == key;
    place = again ? 0 : key;
    return again;
  }

 private:
  static constexpr int kLog2Count = 12;
  static constexpr size_t kCount = size_t{1} << kLog2Count;
  static constexpr uint64_t kSpread = 0x9e3779b97f4a7c15;

  std::unique_ptr<uint64_t[]> keys_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_ENCODED_TEXTS_H_
