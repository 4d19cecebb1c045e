#ifndef PICKLE5_PICKLE_PYTHON_DICT_LAYOUT_H_
#define PICKLE5_PICKLE_PYTHON_DICT_LAYOUT_H_

#include <cstddef>
#include <cstdint>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// How CPython lays out what a dict and the attributes of instances stand in
// (pycore_dict.h), which its headers declare for itself only. It is known for
// the versions from 3.11 to 3.15; 3.14 and 3.15 keep what 3.13 has.
inline constexpr bool kKnowsDictLayout =
    PY_VERSION_HEX >= 0x030b0000 && PY_VERSION_HEX < 0x03100000;

// PyDictKeysObject. A table of indices follows, which are 1, 2, 4 or 8 bytes
// wide, then the entries:
// pairs of pointers, if the keys are texts.
struct DictKeys {
  Py_ssize_t references;
  uint8_t log2_size;
  uint8_t log2_index_bytes;
  uint8_t kind;
  uint32_t version;
  Py_ssize_t usable;
  Py_ssize_t entry_count;
  char indices[1];

  const void* entries() const {
    return indices + (size_t{1} << log2_index_bytes);
  }
};

// The DictKeysKind of keys that a class shares among its instances.
constexpr uint8_t kSplitKeys = 2;

// PyDictValues from 3.13 on. The order in which they were set follows, a byte
// each.
struct DictValues {
  uint8_t capacity;
  uint8_t size;
  uint8_t embedded;
  uint8_t valid;
  PyObject* values[1];
};

// Fetches into the cache where the search for a key of that hash begins, for
// loops that set many items. Precondition: an exact dict.
inline void PrefetchIndex(PyObject* dict, Py_hash_t hash) {
  if constexpr (kKnowsDictLayout) {
    const auto* keys = reinterpret_cast<const DictKeys*>(
        reinterpret_cast<PyDictObject*>(dict)->ma_keys);
    const int width_shift = keys->log2_index_bytes - keys->log2_size;
    const size_t slot =
        static_cast<size_t>(hash) & ((size_t{1} << keys->log2_size) - 1);
    __builtin_prefetch(keys->indices + (slot << width_shift));
  }
}

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DICT_LAYOUT_H_
