// The module pkl5._pkl5 and its functions.

#include <new>

#include "pickle/python/archive_file.h"
#include "pickle/python/arguments.h"
#include "pickle/python/borrowed.h"
#include "pickle/python/buffer_view.h"
#include "pickle/python/dump/object_walker.h"
#include "pickle/python/handle.h"
#include "pickle/python/load/load_session.h"
#include "pickle/python/load/unpickler.h"
#include "pickle/python/module_state.h"

namespace pickle5::python {
namespace {

// Has the spare walker, or a new one, do `work`; what it says, or nullptr with
// an exception set.
template <class Work>
PyObject* Walk(ModuleState* state, Work work) {
  try {
    Borrowed<ObjectWalker> walker(state, &ModuleState::spare_walker);
    return work(*walker);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

// The arguments of dump() and dumps() behind the object and the file. `table`
// keeps what options borrow.
bool ParseDumpOptions(const ModuleState& state, PyObject* const* values,
                      DumpOptions* options, Handle* table) {
  bool fix_imports = true;
  if (!ParseProtocol(values[0], &options->protocol) ||
      !ParseBool(values[1], &fix_imports)) {
    return false;
  }
  options->fix_imports = fix_imports && options->protocol < 3;
  options->binary = options->protocol > 0;
  if (values[2] != nullptr && values[2] != Py_None) {
    if (options->protocol < 5) {
      PyErr_SetString(PyExc_ValueError, "buffer_callback needs protocol >= 5");
      return false;
    }
    options->buffer_callback = values[2];
  }
  if (values[3] != nullptr && values[3] != Py_None) {
    *table = Handle(PyObject_GetAttr(values[3], state.str_dispatch_table));
    if (!*table) return false;
    options->dispatch_table = table->get();
  }
  return true;
}

// Reducers make what only protocol 5 has.
bool CheckReducers(const DumpOptions& options) {
  if (options.dispatch_table == nullptr || options.protocol >= 5) return true;
  PyErr_SetString(PyExc_ValueError, "reducers need protocol >= 5");
  return false;
}

PyObject* Dumps(PyObject* module, PyObject* const* arguments, Py_ssize_t count,
                PyObject* keywords) {
  static constexpr const char* kNames[] = {"obj", "protocol", "fix_imports",
                                           "buffer_callback", "reducers"};
  static constexpr Signature kSignature = {"dumps", kNames, 5, 2, 1, 0};
  PyObject* values[5];
  if (!ParseArguments(kSignature, arguments, count, keywords, values)) {
    return nullptr;
  }
  ModuleState* state = StateOf(module);
  DumpOptions options;
  Handle table;
  if (!ParseDumpOptions(*state, values + 1, &options, &table) ||
      !CheckReducers(options)) {
    return nullptr;
  }
  return Walk(state, [&](ObjectWalker& walker) {
    return walker.DumpToBytes(values[0], options);
  });
}

// dump() to what is no file.
PyObject* DumpToPathArgument(ModuleState* state, PyObject* const* values,
                             const DumpOptions& options) {
  if (!IsPath(*state, values[1])) {
    PyErr_SetString(PyExc_TypeError, "file must have a 'write' attribute");
    return nullptr;
  }
  if (options.buffer_callback != nullptr) {
    PyErr_SetString(PyExc_ValueError,
                    "an archive keeps its buffers: no buffer_callback");
    return nullptr;
  }
  if (values[2] != nullptr && values[2] != Py_None &&
      options.protocol != kHighestProtocol) {
    PyErr_SetString(PyExc_ValueError, "an archive is of protocol 5");
    return nullptr;
  }
  return Walk(state, [&](ObjectWalker& walker) {
    return DumpToPath(*state, walker, values[0], values[1], options)
               ? NewRef(Py_None)
               : nullptr;
  });
}

PyObject* Dump(PyObject* module, PyObject* const* arguments, Py_ssize_t count,
               PyObject* keywords) {
  static constexpr const char* kNames[] = {
      "obj", "file", "protocol", "fix_imports", "buffer_callback", "reducers"};
  static constexpr Signature kSignature = {"dump", kNames, 6, 3, 2, 0};
  PyObject* values[6];
  if (!ParseArguments(kSignature, arguments, count, keywords, values)) {
    return nullptr;
  }
  ModuleState* state = StateOf(module);
  DumpOptions options;
  Handle table;
  if (!ParseDumpOptions(*state, values + 2, &options, &table)) return nullptr;
  Handle write;
  if (!LookupAttr(values[1], state->str_write, write.Out())) return nullptr;
  if (!write) return DumpToPathArgument(state, values, options);
  if (!CheckReducers(options)) return nullptr;
  return Walk(state, [&](ObjectWalker& walker) {
    return walker.DumpToFile(values[0], write.get(), options) ? NewRef(Py_None)
                                                              : nullptr;
  });
}

// The arguments of load() and loads() behind the file or the data. `buffers`
// and `allow` keep what options borrow.
bool ParseLoadOptions(const char* function, PyObject* const* values,
                      LoadOptions* options, Handle* buffers, Handle* allow) {
  PyObject* iterator;
  if (!ParseBool(values[0], &options->fix_imports) ||
      !ParseText(function, "encoding", values[1], &options->encoding) ||
      !ParseText(function, "errors", values[2], &options->errors) ||
      !ParseSafety(values[4], values[5], values[6], &options->safety, allow) ||
      !OpenBuffers(values[3], &iterator)) {
    return false;
  }
  *buffers = Handle(iterator);
  options->buffers = iterator;
  return true;
}

PyObject* Loads(PyObject* module, PyObject* const* arguments, Py_ssize_t count,
                PyObject* keywords) {
  static constexpr const char* kNames[] = {"data",   "fix_imports", "encoding",
                                           "errors", "buffers",     "allow",
                                           "limits", "on_call"};
  static constexpr Signature kSignature = {"loads", kNames, 8, 1, 1, 1};
  PyObject* values[8];
  if (!ParseArguments(kSignature, arguments, count, keywords, values)) {
    return nullptr;
  }
  LoadOptions options;
  Handle buffers;
  Handle allow;
  if (!ParseLoadOptions("loads", values + 1, &options, &buffers, &allow)) {
    return nullptr;
  }
  BufferView view;
  if (!view.Get(values[0], PyBUF_CONTIG_RO)) return nullptr;
  try {
    Borrowed<LoadSession> session(StateOf(module), &ModuleState::spare_session);
    return session->LoadBytes(static_cast<const uint8_t*>(view->buf),
                              static_cast<size_t>(view->len), options);
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

bool HasFileMethods(const ModuleState& state, PyObject* file) {
  return PyObject_HasAttr(file, state.str_read) != 0 &&
         PyObject_HasAttr(file, state.str_readline) != 0;
}

// load() of a path. May throw std::bad_alloc.
PyObject* LoadFromPathArgument(ModuleState* state, PyObject* const* values,
                               const ArchiveOptions& archive,
                               const LoadOptions& options) {
  if (values[4] != nullptr && values[4] != Py_None) {
    PyErr_SetString(PyExc_ValueError,
                    "an archive has its buffers: buffers must not be given");
    return nullptr;
  }
  return LoadFromPath(state, values[0], archive, options);
}

PyObject* Load(PyObject* module, PyObject* const* arguments, Py_ssize_t count,
               PyObject* keywords) {
  static constexpr const char* kNames[] = {
      "file",   "fix_imports", "encoding", "errors", "buffers", "allow",
      "limits", "on_call",     "mmap",     "mode",   "verify"};
  static constexpr Signature kSignature = {"load", kNames, 11, 1, 1, 0};
  PyObject* values[11];
  if (!ParseArguments(kSignature, arguments, count, keywords, values)) {
    return nullptr;
  }
  ModuleState* state = StateOf(module);
  LoadOptions options;
  Handle buffers;
  Handle allow;
  if (!ParseLoadOptions("load", values + 1, &options, &buffers, &allow)) {
    return nullptr;
  }
  ArchiveOptions archive;
  bool is_archive;
  if (!ParseArchiveOptions(values + 8, &archive, &is_archive)) return nullptr;
  try {
    if (IsPath(*state, values[0]) && !HasFileMethods(*state, values[0])) {
      return LoadFromPathArgument(state, values, archive, options);
    }
    if (is_archive) {
      PyErr_SetString(PyExc_TypeError, "mmap, mode and verify are for paths");
      return nullptr;
    }
    FileInput input;
    if (!input.Open(*state, values[0])) return nullptr;
    Borrowed<LoadSession> session(state, &ModuleState::spare_session);
    session->ForgetMemo();
    PyObject* result = session->LoadFile(input, options);
    session->Clear();
    return result;
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* SetModule(PyObject* module, PyObject* name) {
  if (!PyUnicode_Check(name)) {
    PyErr_SetString(PyExc_TypeError, "name must be a str");
    return nullptr;
  }
  return StateOf(module)->face.SetModule(name) ? NewRef(Py_None) : nullptr;
}

PyMethodDef methods[] = {
    {"dump", AsMethod(Dump), METH_FASTCALL | METH_KEYWORDS,
     "dump($module, /, obj, file, protocol=None, *, fix_imports=True,\n"
     "     buffer_callback=None, reducers=None)\n--\n\n"
     "Write a pickled representation of obj to the open file object file.\n\n"
     "The arguments and the bytes written are those of pickle.dump(). If file\n"
     "is a path, a .pkl5 archive of obj takes its place: a pickle that every\n"
     "pickle.load() reads, and whose arrays load() maps. The dispatch_table "
     "of\n"
     "reducers is used in place of copyreg's."},
    {"dumps", AsMethod(Dumps), METH_FASTCALL | METH_KEYWORDS,
     "dumps($module, /, obj, protocol=None, *, fix_imports=True,\n"
     "      buffer_callback=None, reducers=None)\n--\n\n"
     "Return the pickled representation of the object as a bytes object.\n\n"
     "The arguments and the bytes returned are those of pickle.dumps(), but\n"
     "for reducers, whose dispatch_table is used in place of copyreg's."},
    {"load", AsMethod(Load), METH_FASTCALL | METH_KEYWORDS,
     "load($module, /, file, *, fix_imports=True, encoding='ASCII',\n"
     "     errors='strict', buffers=(), allow=None, limits=None,\n"
     "     on_call=None, mmap=False, mode=None, verify=False)\n--\n\n"
     "Read and return an object from the pickle data stored in a file.\n\n"
     "The arguments are those of pickle.load() and of Unpickler. If file is\n"
     "the path of a .pkl5 archive, mmap says whether buffers stay in the file, "
     "mapped: with\n"
     "mode 'c' writable, but what is written stays in this process, with 'r'\n"
     "readonly. Otherwise, and with mode 'copy', they are read to memory.\n"
     "verify compares them with their digests."},
    {"loads", AsMethod(Loads), METH_FASTCALL | METH_KEYWORDS,
     "loads($module, data, /, *, fix_imports=True, encoding='ASCII',\n"
     "      errors='strict', buffers=(), allow=None, limits=None,\n"
     "      on_call=None)\n--\n\n"
     "Read and return an object from the given pickle data.\n\n"
     "The arguments are those of pickle.loads() and of Unpickler."},
    {"_set_module", SetModule, METH_O,
     "_set_module($module, name, /)\n--\n\n"
     "Say what the __module__ of the six functions and classes that pickle "
     "has\n"
     "too is."},
    {nullptr, nullptr, 0, nullptr},
};

int Exec(PyObject* module) {
  auto* state = new (std::nothrow) ModuleState{};
  if (state == nullptr) {
    PyErr_NoMemory();
    return -1;
  }
  *static_cast<ModuleState**>(PyModule_GetState(module)) = state;
  if (!state->Init() || !AddPicklerTypes(module, state) ||
      !AddUnpicklerTypes(module, state) || !AddBufferType(module, state) ||
      !AddInspection(module, state) || !state->face.Bind(module)) {
    return -1;
  }
  return 0;
}

int Traverse(PyObject* module, visitproc visit, void* arg) {
  ModuleState* state = StateOf(module);
  return state == nullptr ? 0 : state->Traverse(visit, arg);
}

int Clear(PyObject* module) {
  ModuleState* state = StateOf(module);
  if (state != nullptr) state->Clear();
  return 0;
}

void Free(void* module) {
  auto* object = static_cast<PyObject*>(module);
  ModuleState* state = StateOf(object);
  if (state == nullptr) return;
  state->Clear();
  delete state;
}

PyModuleDef_Slot slots[] = {
    {Py_mod_exec, reinterpret_cast<void*>(Exec)},
#if PY_VERSION_HEX >= 0x030c0000
    {Py_mod_multiple_interpreters, Py_MOD_PER_INTERPRETER_GIL_SUPPORTED},
#endif
#if PY_VERSION_HEX >= 0x030d0000
    {Py_mod_gil, Py_MOD_GIL_USED},
#endif
    {0, nullptr},
};

}  // namespace

PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    "_pkl5",
    "CPython's pickle on the machine and the emitter of libpickle5.",
    sizeof(void*),
    methods,
    slots,
    Traverse,
    Clear,
    Free,
};

}  // namespace pickle5::python

PyMODINIT_FUNC PyInit__pkl5() {
  return PyModuleDef_Init(&pickle5::python::module_def);
}
