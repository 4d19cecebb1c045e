#ifndef PICKLE5_PICKLE_PYTHON_UNLOCKED_H_
#define PICKLE5_PICKLE_PYTHON_UNLOCKED_H_

#include <cstddef>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// From so many bytes on a copy or a digest goes on without the GIL.
inline constexpr size_t kUnlockedCopy = size_t{1} << 20;

// Lets go of the GIL for as long as it lives, if the work is that large.
class Unlocked {
 public:
  explicit Unlocked(size_t size = kUnlockedCopy)
      : state_(size >= kUnlockedCopy ? PyEval_SaveThread() : nullptr) {}
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;
  ~Unlocked() {
    if (state_ != nullptr) PyEval_RestoreThread(state_);
  }

 private:
  PyThreadState* state_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_UNLOCKED_H_
