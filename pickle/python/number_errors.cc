#include "pickle/python/number_errors.h"

#include <string>

#include "pickle/python/handle.h"
#include "pickle/python/python_api.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {
namespace {

constexpr int kBase = kTextIntegers == TextIntegers::kAnyBase ? 0 : 10;

bool RaiseInt(const char* text) {
  const Handle number(PyLong_FromString(text, nullptr, kBase));
  if (number) return false;
  PyErr_SetString(PyExc_ValueError, "could not convert string to int");
  return true;
}

bool RaiseLong(const char* text) {
  return !Handle(PyLong_FromString(text, nullptr, kBase));
}

bool RaiseFloat(const char* text) {
  char* end = nullptr;
  const double number = PyOS_string_to_double(text, &end, PyExc_OverflowError);
  if (number == -1.0 && PyErr_Occurred()) return true;
  if (*end == '\n' || *end == '\0') return false;
  PyErr_SetString(PyExc_ValueError, "could not convert string to float");
  return true;
}

bool RaiseIndex(const char* text, bool is_put) {
  const Handle number(PyLong_FromString(text, nullptr, 10));
  if (!number) return true;
  const Py_ssize_t index = PyLong_AsSsize_t(number.get());
  if (index == -1 && PyErr_Occurred()) return true;
  if (index >= 0 || !is_put) return false;
  PyErr_SetString(PyExc_ValueError, "negative PUT argument");
  return true;
}

}  // namespace

bool RaiseNumberError(Opcode opcode, std::string_view line) {
  // CPython keeps the newline, but in place of the L that ends a LONG.
  std::string text(line);
  if (opcode == Opcode::LONG && text.ends_with('L')) {
    text.pop_back();
  } else {
    text += '\n';
  }
  switch (opcode) {
    case Opcode::INT:
      return RaiseInt(text.c_str());
    case Opcode::LONG:
      return RaiseLong(text.c_str());
    case Opcode::FLOAT:
      return RaiseFloat(text.c_str());
    case Opcode::PUT:
    case Opcode::GET:
      return RaiseIndex(text.c_str(), opcode == Opcode::PUT);
    default:
      return false;
  }
}

}  // namespace pickle5::python
