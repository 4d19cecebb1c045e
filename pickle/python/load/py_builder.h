#ifndef PICKLE5_PICKLE_PYTHON_LOAD_PY_BUILDER_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_PY_BUILDER_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "pickle/emitter/emitter.h"
#include "pickle/machine/machine.h"
#include "pickle/python/large_bytes.h"
#include "pickle/python/load/file_input.h"
#include "pickle/python/load/load_guard.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"
#include "pickle/python/unlocked.h"
#include "pickle/python/version_rules.h"
#include "pickle/text/utf8.h"

namespace pickle5::python {

// How an Unpickler was set up. All references are borrowed for the load.
struct LoadOptions {
  bool fix_imports = true;
  const char* encoding = "ASCII";
  const char* errors = "strict";
  PyObject* buffers = nullptr;  // an iterator
  // Whose find_class() is asked; nullptr: none is, FindClass() does it.
  PyObject* unpickler = nullptr;
  PyObject* persistent_load = nullptr;
  Safety safety;
};

// Builds Python objects; see Builder in machine.h for the contract of its
// functions. Where one fails, a Python exception is set.
class PyBuilder {
 public:
  using Slot = PyObject*;
  static constexpr bool kValidatesText = true;
  static constexpr bool kRunsForeignCode = true;
  static constexpr size_t kHead = 64;  // of a text

  explicit PyBuilder(ModuleState* state) : state_(*state), guard_(*state) {}

  // The machine that builds, to be asked for the opcode at hand.
  void set_machine(internal::Machine<PyBuilder>* machine) {
    machine_ = machine;
  }
  // A file of which more was read than the opcode at hand, or nullptr: before
  // foreign code runs it is left behind the opcode.
  void set_input(FileInput* input) { input_ = input; }
  void Start(const LoadOptions& options) {
    options_ = options;
    guard_.Start(options.safety);
    plain_list_ = guard_.active() ? nullptr : &PyList_Type;
  }
  bool has_persistent_load() const {
    return options_.persistent_load != nullptr;
  }
  LoadGuard& guard() { return guard_; }
  const LoadGuard& guard() const { return guard_; }

  static bool Ok(Slot slot) { return ABSL_PREDICT_TRUE(slot != nullptr); }
  static void Put(Slot* place, Slot slot) { *place = slot; }
  static Slot Null() { return nullptr; }

  static Slot None() { return NewRef(Py_None); }
  static Slot Bool(bool value) { return NewRef(value ? Py_True : Py_False); }
  static Slot Int(int64_t value) {
    return PyLong_FromLong(static_cast<long>(value));
  }
  static Slot Float(double value) { return PyFloat_FromDouble(value); }
  static Slot Long(const uint8_t* p, size_t n) { return LongFromBytes(p, n); }
  static Slot Str(const uint8_t* p, size_t n) {
    // Texts of one character are shared ones. Long ones that are not ASCII most
    // often show it early.
    if (ABSL_PREDICT_FALSE(n < 2 || (n > kHead && !IsAscii(p, kHead)) ||
                           !IsAscii(p, n))) {
      return DecodeText(p, n);
    }
    PyObject* text = PyUnicode_New(static_cast<Py_ssize_t>(n), 0x7f);
    if (ABSL_PREDICT_TRUE(text != nullptr)) {
      Atoms::Copy(PyUnicode_1BYTE_DATA(text), reinterpret_cast<const char*>(p),
                  n);
    }
    return text;
  }
  static Slot CopiedStr(const uint8_t* p, size_t n) { return Str(p, n); }
  // A str of the line of UNICODE, which the machine need not decode.
  static Slot RawUnicodeStr(std::string_view line);
  static Slot Bytes(const uint8_t* p, size_t n) {
    if (ABSL_PREDICT_FALSE(n >= kUnlockedCopy)) {
      return CopyBytes(p, n, /*writable=*/false);
    }
    // As CPython does it: one byte is an object of its own too.
    PyObject* bytes =
        PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(n));
    if (ABSL_PREDICT_TRUE(bytes != nullptr)) {
      Atoms::Copy(reinterpret_cast<uint8_t*>(PyBytes_AS_STRING(bytes)),
                  reinterpret_cast<const char*>(p), n);
    }
    return bytes;
  }
  static Slot ByteArray(const uint8_t* p, size_t n) {
    if (ABSL_PREDICT_FALSE(n >= kUnlockedCopy)) {
      return CopyBytes(p, n, /*writable=*/true);
    }
    return PyByteArray_FromStringAndSize(reinterpret_cast<const char*>(p),
                                         static_cast<Py_ssize_t>(n));
  }
  Slot Python2Str(const uint8_t* p, size_t n);
  static Slot NewList() { return PyList_New(0); }
  static Slot NewDict() { return PyDict_New(); }
  static Slot NewSet() { return PySet_New(nullptr); }
  static Slot EmptyTuple() { return PyTuple_New(0); }

  ABSL_ATTRIBUTE_ALWAYS_INLINE static bool Tuple(Slot* f, size_t n) {
    PyObject* tuple = PyTuple_New(static_cast<Py_ssize_t>(n));
    if (ABSL_PREDICT_FALSE(tuple == nullptr)) {
      DropAll(f, n);
      return false;
    }
    for (size_t i = 0; i != n; ++i) {
      PyTuple_SET_ITEM(tuple, static_cast<Py_ssize_t>(i), f[i]);
    }
    f[0] = tuple;
    return true;
  }
  bool FrozenSet(Slot* f, size_t n);
  static bool List(Slot* f, size_t n);
  bool Dict(Slot* f, size_t n);

  ABSL_ATTRIBUTE_ALWAYS_INLINE bool Append(Slot* f, size_t n) {
    if (ABSL_PREDICT_FALSE(Py_TYPE(f[-1]) != plain_list_)) {
      return AppendSlow(f, n);
    }
    return Extend(reinterpret_cast<PyListObject*>(f[-1]), f, n);
  }
  bool SetItems(Slot* f, size_t n);
  bool AddItems(Slot* f, size_t n);
  static constexpr TextIntegers kTextIntegers = python::kTextIntegers;
  static bool Hashable(const Slot*, size_t, size_t) { return true; }

  static Slot Keep(Slot slot) { return NewRef(slot); }
  static Slot Share(Slot slot) { return NewRef(slot); }
  static void Drop(Slot slot) { Py_DECREF(slot); }
  static void Discard(Slot slot, const Slot*) { Py_DECREF(slot); }
  static bool Charge(size_t) { return true; }
  static void Release(size_t) {}

  bool Global(Slot* f, int protocol);
  bool Reduce(Slot* f);
  bool NewObj(Slot* f);
  bool NewObjEx(Slot* f);
  bool Instance(Slot* f, size_t n, bool inst);
  bool Build(Slot* f);
  bool Persistent(Slot* f);
  Slot Extension(int64_t code);
  Slot NextBuffer();
  bool ReadonlyBuffer(Slot* f);
  // Without a Python exception: the machine had no memory.
  static internal::Fault fault() {
    return {ErrorCode::kMemoryLimit, "no memory"};
  }

 private:
  static Slot DecodeText(const uint8_t* p, size_t n);
  static void DropAll(Slot* f, size_t n) {
    for (size_t i = 0; i != n; ++i) Py_DECREF(f[i]);
  }
  ABSL_ATTRIBUTE_ALWAYS_INLINE static bool Extend(PyListObject* list, Slot* f,
                                                  size_t n) {
    const Py_ssize_t size = Py_SIZE(list);
    const Py_ssize_t grown = size + static_cast<Py_ssize_t>(n);
    if (ABSL_PREDICT_FALSE(grown > list->allocated) && !Grow(list, grown)) {
      DropAll(f, n);
      return false;
    }
    std::memcpy(list->ob_item + size, f, n * sizeof(Slot));
    Py_SET_SIZE(list, grown);
    return true;
  }
  static bool Grow(PyListObject* list, Py_ssize_t size);
  bool AppendSlow(Slot* f, size_t n);
  // What the functions above them do where the guard is active.
  bool GuardedDict(Slot* f, size_t n);
  bool GuardedFrozenSet(Slot* f, size_t n);
  bool GuardedSetItems(Slot* f, size_t n);
  bool GuardedAddItems(Slot* f, size_t n);
  bool GuardedAppend(Slot* f, size_t n);
  bool GuardedBuild(PyObject* instance, PyObject* state);
  bool PutItems(PyObject* target, Slot* f, size_t n);
  // `owner` stands for the set, of which nobody else may hold a reference.
  bool AddKeys(PyObject* set, PyObject* owner, Slot* f, size_t n);
  // A method as it is to be called: where there are rules, the class's own.
  bool FindMethod(PyObject* object, PyObject* name, PyObject** result);
  bool RequireMethod(PyObject* object, PyObject* name, PyObject** result);
  bool AppendBy(PyObject* extend, Slot* f, size_t n);
  PyObject* FindGlobal(PyObject* module, PyObject* name);
  // The global is only a number's name: what the registry knows of it.
  PyObject* FindExtension(PyObject* number);
  bool NewObject(PyObject* cls, PyObject* arguments, PyObject* keywords,
                 const char* opcode, Slot* result);
  // Takes note of what a call gave. False: it may be no object.
  bool TakeResult(Slot* result, PyObject* arguments, PyObject* keywords);
  bool FailUnpickling(const char* text);
  // Returns whether BUILD may fill the instance's __dict__ without asking.
  bool HasPlainDict(PyTypeObject* type);
  bool FillPlainDict(PyObject* instance, PyObject* state);
  bool SetState(PyObject* instance, PyObject* state);

  ModuleState& state_;
  LoadOptions options_;
  LoadGuard guard_;
  // Called before code runs that could use the file that is read: moves the
  // file to where the opcode at hand ends. False: an exception is set.
  bool BeforeForeignCode() {
    return ABSL_PREDICT_TRUE(input_ == nullptr) || LeaveInput();
  }
  bool LeaveInput();

  internal::Machine<PyBuilder>* machine_ = nullptr;
  FileInput* input_ = nullptr;
  int protocol_ = 0;
  // The type that Append() may fill without asking, nullptr if it must ask.
  PyTypeObject* plain_list_ = &PyList_Type;
  // The last type HasPlainDict() found to be so, and its version then.
  PyTypeObject* plain_type_ = nullptr;
  unsigned plain_version_ = 0;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_PY_BUILDER_H_
