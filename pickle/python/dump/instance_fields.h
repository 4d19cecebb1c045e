#ifndef PICKLE5_PICKLE_PYTHON_DUMP_INSTANCE_FIELDS_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_INSTANCE_FIELDS_H_

#include <cstdint>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// The attributes of an instance whose __dict__ has not been made: from CPython
// 3.11 on they stand in the instance, in places that its class assigns
// (dict_layout.h). In versions whose layout is not known nothing is found.
//
// Lifetime: until the instance or its class changes.
class InstanceFields {
 public:
  // False: the instance has a __dict__, or no attributes in this form.
  bool Find(PyObject* instance);

  // The instance's __dict__ if it has been made, borrowed, else nullptr.
  static PyObject* FindDict(PyObject* instance);

  // How many there are.
  Py_ssize_t size() const { return size_; }
  // In the order they were set. Precondition: index < size().
  PyObject* name(Py_ssize_t index) const { return entries_[place(index)].name; }
  PyObject* value(Py_ssize_t index) const { return values_[place(index)]; }

  // Returns whether an instance of a new class reads as it was written.
  static bool Works();

 private:
  struct Entry {
    PyObject* name;
    PyObject* value;
  };

  // The order is written backwards before 3.13.
  static constexpr Py_ssize_t kStep = PY_VERSION_HEX >= 0x030d0000 ? 1 : -1;
  size_t place(Py_ssize_t index) const { return order_[kStep * index]; }

  const Entry* entries_ = nullptr;
  PyObject* const* values_ = nullptr;
  const uint8_t* order_ = nullptr;
  Py_ssize_t size_ = 0;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_INSTANCE_FIELDS_H_
