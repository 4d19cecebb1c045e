#include "pickle/python/large_bytes.h"

#include <sys/mman.h>

#include <cstring>

#include "pickle/python/unlocked.h"

namespace pickle5::python {

void UseHugePages(void* block, size_t size) {
#ifdef MADV_HUGEPAGE
  if (size < kLargeBlock) return;
  constexpr uintptr_t kHugePage = uintptr_t{2} << 20;  // of x86-64
  const auto address = reinterpret_cast<uintptr_t>(block);
  const uintptr_t begin = (address + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (address + size) / kHugePage * kHugePage;
  // Advice: it may fail.
  if (begin < end) {
    madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE);
  }
#endif
}

PyObject* NewBytes(size_t size, bool writable) {
  const auto length = static_cast<Py_ssize_t>(size);
  PyObject* made = writable ? PyByteArray_FromStringAndSize(nullptr, length)
                            : PyBytes_FromStringAndSize(nullptr, length);
  if (made != nullptr) UseHugePages(ContentsOf(made), size);
  return made;
}

PyObject* CopyBytes(const uint8_t* from, size_t size, bool writable) {
  PyObject* made = NewBytes(size, writable);
  if (made != nullptr && size != 0) {
    const Unlocked unlocked(size);
    std::memcpy(ContentsOf(made), from, size);
  }
  return made;
}

}  // namespace pickle5::python
