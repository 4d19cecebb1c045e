#ifndef PICKLE5_PICKLE_PYTHON_PUBLIC_FACE_H_
#define PICKLE5_PICKLE_PYTHON_PUBLIC_FACE_H_

#include <cstddef>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// The six functions and classes that can stand in the places of _pickle's, and
// what they are called there.
//
// Pickles name objects by module and name, and picklers look first whether they
// are found there. So the six are called by the place where they stand:
// "_pickle" while they are installed, otherwise "pkl5".
//
// Ownership: all references are owned.
class PublicFace {
 public:
  // Takes the six of the module, which has them all, and those of _pickle that
  // they stand for. False: an exception is set.
  bool Bind(PyObject* module);
  // Sets what their __module__ is. False: an exception is set.
  bool SetModule(PyObject* name);
  // Returns whether one of the objects is one of the six, and the other one
  // _pickle's that it stands for.
  bool AreTwins(PyObject* one, PyObject* other) const;

  int Traverse(visitproc visit, void* arg) const;
  void Clear();

 private:
  static constexpr size_t kCount = 6;

  PyObject* own_[kCount] = {};
  PyObject* stock_[kCount] = {};
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_PUBLIC_FACE_H_
