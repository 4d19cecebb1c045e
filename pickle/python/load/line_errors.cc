#include "pickle/python/load/line_errors.h"

#include <algorithm>
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

// Names of GLOBAL are UTF-8, those of INST ASCII.
bool RaiseName(std::string_view name, bool ascii) {
  const auto size = static_cast<Py_ssize_t>(name.size());
  return !Handle(ascii ? PyUnicode_DecodeASCII(name.data(), size, "strict")
                       : PyUnicode_DecodeUTF8(name.data(), size, "strict"));
}

bool RaiseText(std::string_view text) {
  return !Handle(PyUnicode_DecodeRawUnicodeEscape(
      text.data(), static_cast<Py_ssize_t>(text.size()), "strict"));
}

std::string_view TakeLine(std::string_view* rest) {
  const size_t end = std::min(rest->find('\n'), rest->size());
  const std::string_view line = rest->substr(0, end);
  rest->remove_prefix(std::min(end + 1, rest->size()));
  return line;
}

}  // namespace

bool RaiseLineError(Opcode opcode, std::string_view rest) {
  const std::string_view line = TakeLine(&rest);
  // CPython keeps the newline of a number, but in place of the L of a LONG.
  std::string number(line);
  if (opcode == Opcode::LONG && number.ends_with('L')) {
    number.pop_back();
  } else {
    number += '\n';
  }
  switch (opcode) {
    case Opcode::INT:
      return RaiseInt(number.c_str());
    case Opcode::LONG:
      return RaiseLong(number.c_str());
    case Opcode::FLOAT:
      return RaiseFloat(number.c_str());
    case Opcode::PUT:
    case Opcode::GET:
      return RaiseIndex(number.c_str(), opcode == Opcode::PUT);
    case Opcode::UNICODE:
      return RaiseText(line);
    case Opcode::GLOBAL:
    case Opcode::INST: {
      const bool ascii = opcode == Opcode::INST;
      return RaiseName(line, ascii) || RaiseName(TakeLine(&rest), ascii);
    }
    default:
      return false;
  }
}

}  // namespace pickle5::python
