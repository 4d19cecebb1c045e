#ifndef PICKLE5_PICKLE_PYTHON_BORROWED_H_
#define PICKLE5_PICKLE_PYTHON_BORROWED_H_

#include <memory>
#include <utility>

#include "pickle/python/module_state.h"

namespace pickle5::python {

// Takes the spare of the module, or makes one, and puts it back at the end.
// May throw std::bad_alloc.
template <class T>
class Borrowed {
 public:
  Borrowed(ModuleState* state, std::unique_ptr<T> ModuleState::*spare)
      : state_(*state), spare_(spare), object_(std::move(state->*spare)) {
    if (object_ == nullptr) object_ = std::make_unique<T>(state);
  }
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  ~Borrowed() {
    if (state_.*spare_ == nullptr) state_.*spare_ = std::move(object_);
  }
  T* operator->() { return object_.get(); }
  T& operator*() { return *object_; }

 private:
  ModuleState& state_;
  std::unique_ptr<T> ModuleState::*spare_;
  std::unique_ptr<T> object_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_BORROWED_H_
