#include "fuzz/embedded_python.h"

#include "fuzz/fuzz_input.h"
#include "fuzz/python_replay.h"

extern "C" {

// CPython keeps much until the end. It takes memory on the word of a length,
// which the sanitizer would then mark byte for byte.
__attribute__((visibility("default"), used)) const char*
__asan_default_options() {
  return "detect_leaks=0:allocator_may_return_null=1:max_allocation_size_mb=64";
}
__attribute__((visibility("default"), used)) const char*
__tsan_default_options() {
  return "allocator_may_return_null=1";
}
__attribute__((visibility("default"), used)) int __lsan_is_turned_off() {
  return 1;
}

}  // extern "C"

namespace pickle5 {
namespace {

using python::Handle;

void RequireNoException(const Handle& object) {
  if (!object) PyErr_Print();
  Require(static_cast<bool>(object));
}

}  // namespace

EmbeddedPython::EmbeddedPython() {
  PyConfig config;
  PyConfig_InitIsolatedConfig(&config);
  config.write_bytecode = 0;
  Require(PyStatus_Exception(Py_InitializeFromConfig(&config)) == 0);
  PyConfig_Clear(&config);
  const Handle folder(PyUnicode_FromString(PICKLE5_FUZZ_DIR));
  Require(PyList_Append(PySys_GetObject("path"), folder.get()) == 0);
  module_ = Handle(PyImport_ImportModule("symbolic_unpickler"));
  RequireNoException(module_);
  symbol_ = Handle(PyObject_GetAttrString(module_.get(), "symbol"));
}

Handle EmbeddedPython::Load(std::string_view pickle, int encoding,
                            std::string* error) {
  const Handle done(
      PyObject_CallMethod(module_.get(), "load", "y#i", pickle.data(),
                          static_cast<Py_ssize_t>(pickle.size()), encoding));
  RequireNoException(done);
  PyObject* result = PyTuple_GetItem(done.get(), 1);
  if (PyTuple_GetItem(done.get(), 0) == Py_True) {
    error->clear();
    return Handle::Share(result);
  }
  const Handle text(PyUnicode_AsEncodedString(result, "utf-8", "replace"));
  *error = PyBytes_AsString(text.get());
  return {};
}

std::string EmbeddedPython::Tree(PyObject* object) {
  const Handle text(PyObject_CallMethod(module_.get(), "tree", "(O)", object));
  RequireNoException(text);
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text.get(), &size);
  return {data, static_cast<size_t>(size)};
}

Handle EmbeddedPython::Replay(Value root) {
  Handle made = ReplayInPython(root, symbol_.get());
  RequireNoException(made);
  return made;
}

void EmbeddedPython::RegisterExtension(int32_t code) {
  RequireNoException(Handle(
      PyObject_CallMethod(module_.get(), "register_extension", "i", code)));
}

void EmbeddedPython::ForgetExtensions() {
  RequireNoException(
      Handle(PyObject_CallMethod(module_.get(), "forget_extensions", "")));
}

}  // namespace pickle5
