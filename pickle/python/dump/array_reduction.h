#ifndef PICKLE5_PICKLE_PYTHON_DUMP_ARRAY_REDUCTION_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_ARRAY_REDUCTION_H_

#include <cstddef>
#include <vector>

#include "pickle/python/handle.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// How numpy.ndarray reduces arrays that it exports (protocol 5):
//
//   numpy.core.numeric._frombuffer, (PickleBuffer, dtype, shape, 'C')
//
// as it was seen to, for each dtype: the call is not told by names, and what
// was not seen is not known.
class ArrayReduction {
 public:
  // Looks at what the reducer of an object of `type` has returned. An array's
  // own type cannot be changed by Python code.
  void Learn(PyTypeObject* type, PyObject* reduced);

  // Returns whether it is the very type, not a subclass.
  bool IsArray(PyTypeObject* type) const { return type == type_; }
  // Precondition: IsArray().
  PyObject* function() const { return function_.get(); }
  PyObject* order() const { return order_.get(); }
  bool Knows(PyObject* dtype) const {
    for (const Handle& known : dtypes_) {
      if (known.get() == dtype) return true;
    }
    return false;
  }
  void Clear();

 private:
  static constexpr size_t kMaxTypes = 16;

  PyTypeObject* type_ = nullptr;  // of a module that is never unloaded
  Handle function_;
  Handle order_;
  std::vector<Handle> dtypes_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_ARRAY_REDUCTION_H_
