// The functions of the module that look at pickles and load nothing.

#include <new>
#include <string>
#include <string_view>

#include "buffers/bytes/string_byte_writer.h"
#include "pickle/inspect/argument_value.h"
#include "pickle/inspect/disassembly.h"
#include "pickle/inspect/optimize.h"
#include "pickle/inspect/scan.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/python/load/load_guard.h"
#include "pickle/python/look/opcode_reader.h"
#include "pickle/python/look/pickle_tree.h"
#include "pickle/python/module_state.h"

namespace pickle5::python {
namespace {

bool IsPut(Opcode opcode) {
  return opcode == Opcode::PUT || opcode == Opcode::BINPUT ||
         opcode == Opcode::LONG_BINPUT;
}

// Returns whether the listing shows the argument as Python does. Binary ones it
// always does, but for ints that are too long for Python to show.
bool ShownAlike(const Token& token, PyObject* argument) {
  constexpr size_t kLongInt = 1500;
  const ArgumentKind kind = token.info->argument;
  const Opcode opcode = token.opcode();
  if ((opcode == Opcode::STRING || opcode == Opcode::BINSTRING ||
       opcode == Opcode::SHORT_BINSTRING) &&
      PyUnicode_Check(argument) && !PyUnicode_IS_ASCII(argument)) {
    return false;  // by ascii() or repr(), as the version has it
  }
  const bool is_int =
      kind == ArgumentKind::kLong1 || kind == ArgumentKind::kLong4;
  if (ShapeOf(kind).lines == 0 &&
      (!is_int || token.argument.size() < kLongInt)) {
    return true;
  }
  const Handle wanted(PyObject_Repr(argument));
  if (!wanted) return false;
  Py_ssize_t size;
  const char* text = PyUnicode_AsUTF8AndSize(wanted.get(), &size);
  if (text == nullptr) return false;
  std::string shown;
  ArgumentValue::Decode(token).AppendRepr(&shown);
  return shown == std::string_view(text, static_cast<size_t>(size));
}

// Follows as much of the stack and the memo as can make the listing end early
// or differ.
class ListingCheck {
 public:
  bool Follow(const Token& token, PyObject* argument) {
    constexpr size_t kMaxMarks = 1000;  // deeper ones are not indented
    const OpcodeInfo& info = *token.info;
    // Of a POP nothing is known: more marks are counted than there are.
    if (info.opcode == Opcode::MARK) {
      if (++marks_ > kMaxMarks) return false;
    } else if (marks_ != 0 && info.before.find("mark") != info.before.npos) {
      --marks_;
    }
    uint64_t index = memo_.size();
    if (IsPut(info.opcode)) {
      index = PyLong_AsUnsignedLongLong(argument);
      if (PyErr_Occurred()) return false;
    } else if (info.opcode != Opcode::MEMOIZE) {
      return true;
    }
    return memo_.insert(index).second;
  }

 private:
  size_t marks_ = 0;
  internal::HashSet<uint64_t> memo_;
};

// Returns whether pickletools goes through all of the pickle: it can read and
// show the arguments, and no memo index is stored twice. The exception is
// cleared.
bool Readable(std::string_view pickle, PyObject* infos) {
  OpcodeReader reader(pickle, 0, infos);
  ListingCheck check;
  OpcodeReader::Result result;
  while ((result = reader.Next()) == OpcodeReader::Result::kOpcode) {
    PyObject* argument = reader.argument().get();
    if (!ShownAlike(reader.token(), argument) ||
        !check.Follow(reader.token(), argument)) {
      break;
    }
  }
  PyErr_Clear();
  return result == OpcodeReader::Result::kEnd;
}

struct Source {
  std::string_view pickle;
  PyObject* infos;
};

bool ParseSource(PyObject* const* arguments, Py_ssize_t count, Source* source) {
  if (count != 2 || !PyBytes_Check(arguments[0]) ||
      !PyTuple_Check(arguments[1]) || PyTuple_GET_SIZE(arguments[1]) != 256) {
    PyErr_SetString(PyExc_TypeError, "takes bytes and 256 opcodes");
    return false;
  }
  source->pickle = {PyBytes_AS_STRING(arguments[0]),
                    static_cast<size_t>(PyBytes_GET_SIZE(arguments[0]))};
  source->infos = arguments[1];
  return true;
}

// Has `write` write text or bytes about a pickle; `make` makes an object of
// them. None: pickletools would raise, or nothing is sure.
template <class Write, class Make>
PyObject* WriteAbout(PyObject* const* arguments, Py_ssize_t count, Write write,
                     Make make) {
  Source source;
  if (!ParseSource(arguments, count, &source)) return nullptr;
  try {
    std::string text;
    StringByteWriter writer(&text);
    if (!write(source.pickle, writer).ok() || !writer.Close() ||
        !Readable(source.pickle, source.infos)) {
      Py_RETURN_NONE;
    }
    return make(text.data(), static_cast<Py_ssize_t>(text.size()));
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* DisassemblePickle(PyObject*, PyObject* const* arguments,
                            Py_ssize_t count) {
  return WriteAbout(
      arguments, count,
      [](std::string_view pickle, ByteWriter& writer) {
        return Disassemble(pickle, {}, writer);
      },
      PyUnicode_FromStringAndSize);
}

PyObject* OptimizePickle(PyObject*, PyObject* const* arguments,
                         Py_ssize_t count) {
  return WriteAbout(
      arguments, count,
      [](std::string_view pickle, ByteWriter& writer) {
        return Optimize(pickle, writer);
      },
      PyBytes_FromStringAndSize);
}

// A tuple of (name, verdict, reason).
PyObject* NamesOf(const ScanReport& report) {
  Handle names(PyTuple_New(static_cast<Py_ssize_t>(report.names.size())));
  if (!names) return nullptr;
  Py_ssize_t next = 0;
  for (const ScanReport::Name& name : report.names) {
    const Handle dotted(PyUnicode_DecodeUTF8(
        name.name.data(), static_cast<Py_ssize_t>(name.name.size()),
        "backslashreplace"));
    PyObject* entry =
        dotted ? Py_BuildValue("Oss", dotted.get(),
                               std::string(VerdictName(name.verdict)).c_str(),
                               name.reason)
               : nullptr;
    if (entry == nullptr) return nullptr;
    PyTuple_SET_ITEM(names.get(), next++, entry);
  }
  return names.release();
}

// A tuple of (offset, opcode, index of the name).
PyObject* SitesOf(const ScanReport& report) {
  Handle sites(PyTuple_New(static_cast<Py_ssize_t>(report.sites.size())));
  if (!sites) return nullptr;
  Py_ssize_t next = 0;
  for (const ScanReport::Site& site : report.sites) {
    PyObject* entry =
        Py_BuildValue("KsI", static_cast<unsigned long long>(site.offset),
                      std::string(InfoOf(site.opcode).name).c_str(), site.name);
    if (entry == nullptr) return nullptr;
    PyTuple_SET_ITEM(sites.get(), next++, entry);
  }
  return sites.release();
}

PyObject* ScanOf(const ScanReport& report) {
  const Handle names(NamesOf(report));
  if (!names) return nullptr;
  const Handle sites(SitesOf(report));
  if (!sites) return nullptr;
  const std::string message(report.status.message());
  const Handle error(
      report.status.ok()
          ? NewRef(Py_None)
          : PyUnicode_DecodeUTF8(message.data(),
                                 static_cast<Py_ssize_t>(message.size()),
                                 "backslashreplace"));
  if (!error) return nullptr;
  return Py_BuildValue(
      "sOOKKO", std::string(VerdictName(report.verdict)).c_str(), names.get(),
      sites.get(), static_cast<unsigned long long>(report.pickles),
      static_cast<unsigned long long>(report.bytes), error.get());
}

PyObject* ScanPickles(PyObject*, PyObject* arguments) {
  PyObject* data;
  PyObject* allow_argument;
  PyObject* limits;
  Safety safety;
  Handle allow;
  if (!PyArg_ParseTuple(arguments, "SOO", &data, &allow_argument, &limits) ||
      !ParseSafety(allow_argument, limits, nullptr, &safety, &allow)) {
    return nullptr;
  }
  try {
    GlobalPolicy policy;
    const Handle names(allow ? PySequence_List(allow.get()) : PyList_New(0));
    if (!names) return nullptr;
    for (Py_ssize_t i = 0; i != PyList_GET_SIZE(names.get()); ++i) {
      Py_ssize_t size;
      const char* name =
          PyUnicode_AsUTF8AndSize(PyList_GET_ITEM(names.get(), i), &size);
      if (name == nullptr) return nullptr;
      policy.Allow({name, static_cast<size_t>(size)});
    }
    return ScanOf(Scan(
        {PyBytes_AS_STRING(data), static_cast<size_t>(PyBytes_GET_SIZE(data))},
        policy, safety.limits));
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* TreeOfPickle(PyObject* module, PyObject* arguments) {
  PyTypeObject* type;
  PyObject* data;
  PyObject* limits;
  Safety safety;
  Handle allow;
  if (!PyArg_ParseTuple(arguments, "O!SO", &PyType_Type, &type, &data,
                        &limits) ||
      !ParseSafety(nullptr, limits, nullptr, &safety, &allow)) {
    return nullptr;
  }
  const ModuleState& state = *StateOf(module);
  if (!PyType_IsSubtype(type, state.tree_node_type)) {
    PyErr_SetString(PyExc_TypeError, "takes a subclass of TreeNode");
    return nullptr;
  }
  try {
    return ReadTree(type, data, safety.limits, state.unpickling_error);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyMethodDef functions[] = {
    {"disassemble", AsMethod(DisassemblePickle), METH_FASTCALL,
     "disassemble($module, data, infos, /)\n--\n\n"
     "What pickletools.dis() prints; None if it may raise."},
    {"optimize", AsMethod(OptimizePickle), METH_FASTCALL,
     "optimize($module, data, infos, /)\n--\n\n"
     "What pickletools.optimize() returns; None if it may raise."},
    {"scan", ScanPickles, METH_VARARGS,
     "scan($module, data, allow, limits, /)\n--\n\n"
     "(verdict, names, sites, pickles, bytes, error)"},
    {"tree", TreeOfPickle, METH_VARARGS,
     "tree($module, type, data, limits, /)\n--\n\n"
     "The root of a pickle's tree, of a type derived from TreeNode."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

bool AddInspection(PyObject* module, ModuleState* state) {
  const Handle type(
      PyType_FromModuleAndSpec(module, &opcode_iterator_spec, nullptr));
  if (!type) return false;
  state->tree_node_type = reinterpret_cast<PyTypeObject*>(
      PyType_FromModuleAndSpec(module, &tree_node_spec, nullptr));
  return state->tree_node_type != nullptr &&
         PyModule_AddType(module, state->tree_node_type) == 0 &&
         PyModule_AddType(module,
                          reinterpret_cast<PyTypeObject*>(type.get())) == 0 &&
         PyModule_AddFunctions(module, functions) == 0;
}

}  // namespace pickle5::python
