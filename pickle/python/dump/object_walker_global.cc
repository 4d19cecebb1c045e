// Objects that are saved by name: classes, functions, singletons.

#include <string_view>

#include "pickle/python/dump/object_walker.h"
#include "pickle/python/exception_cause.h"
#include "pickle/python/object_names.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {
namespace {

std::string_view View(PyObject* bytes) {
  return {PyBytes_AS_STRING(bytes),
          static_cast<size_t>(PyBytes_GET_SIZE(bytes))};
}

}  // namespace

ObjectWalker::Result ObjectWalker::SaveType(PyObject* type, Py_ssize_t own) {
  for (PyObject* singleton : {Py_None, Py_Ellipsis, Py_NotImplemented}) {
    if (type == reinterpret_cast<PyObject*>(Py_TYPE(singleton))) {
      return PushReduction(
          Handle::Share(type),
          Py_BuildValue("O(O)", reinterpret_cast<PyObject*>(&PyType_Type),
                        singleton),
          own);
    }
  }
  return SaveGlobal(type, nullptr);
}

bool ObjectWalker::EmitExtension(PyObject* object, PyObject* module,
                                 PyObject* name, bool* emitted) {
  *emitted = false;
  if (PyDict_GET_SIZE(state_.extension_registry) == 0) return true;
  const Handle key(PyTuple_Pack(2, module, name));
  if (!key) return false;
  PyObject* number =
      PyDict_GetItemWithError(state_.extension_registry, key.get());
  if (number == nullptr) return !PyErr_Occurred();
  if (!kExtensionCodesAreInts && !PyLong_Check(number)) {
    PyErr_Format(state_.pickling_error,
                 "Can't pickle %R: extension code %R isn't an integer", object,
                 number);
    return false;
  }
  const long code = PyLong_AsLong(number);
  if (code <= 0 || code > 0x7fffffffL) {
    if (PyErr_Occurred()) return false;
    if (kExtensionCodesAreInts) {
      PyErr_Format(PyExc_RuntimeError, "extension code %ld is out of range",
                   code);
    } else {
      PyErr_Format(state_.pickling_error,
                   "Can't pickle %R: extension code %ld is out of range",
                   object, code);
    }
    return false;
  }
  emitter_.EmitExtension(static_cast<int32_t>(code));
  *emitted = true;
  return true;
}

bool ObjectWalker::EmitGlobalLines(PyObject* module, PyObject* name) {
  Handle module_name = Handle::Share(module);
  Handle global_name = Handle::Share(name);
  if (emitter_.protocol() < 3 && options_.fix_imports &&
      !MapName(state_.name_mapping_3to2, state_.import_mapping_3to2,
               "REVERSE_NAME_MAPPING", "REVERSE_IMPORT_MAPPING", &module_name,
               &global_name)) {
    return false;
  }
  // Python 2 reads names as ASCII.
  const auto encode = [this](PyObject* text, const char* what) {
    Handle encoded(emitter_.protocol() == 3 ? PyUnicode_AsUTF8String(text)
                                            : PyUnicode_AsASCIIString(text));
    if (!encoded && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
      ExceptionCause cause;
      PyErr_Format(state_.pickling_error, kPicklingTexts.identifier, what, text,
                   emitter_.protocol());
      if (kRaisesFromCauses) cause.BecomeContext();
    }
    return encoded;
  };
  const Handle module_bytes = encode(module_name.get(), "module");
  if (!module_bytes) return false;
  const Handle name_bytes = encode(global_name.get(), "global");
  if (!name_bytes) return false;
  emitter_.EmitGlobal(View(module_bytes.get()), View(name_bytes.get()));
  emitter_.StartClosing();
  return true;
}

ObjectWalker::Result ObjectWalker::SaveDottedGlobal(PyObject* object,
                                                    PyObject* module,
                                                    PyObject* names,
                                                    PyObject* parent) {
  const bool chain = state_.chains_getattr;
  Frame* frame =
      Push(chain ? Step::kGetattrChain : Step::kGlobal, object, kNeverUnique);
  frame->temporary = lazy_;
  if (chain) {
    frame->size = PyList_GET_SIZE(names);
    frame->next = 1;
    frame->first = NewRef(names);
    frame->second = NewRef(module);
    return Enter();
  }
  // getattr(parent, name) makes it.
  frame->stage = 2;
  frame->first =
      Py_BuildValue("(O(OO))", state_.getattr, parent,
                    PyList_GET_ITEM(names, PyList_GET_SIZE(names) - 1));
  return frame->first == nullptr ? Result::kFailed : Enter();
}

// Stage 0 saves a getattr for each name but the first, 1 the first, and 2 each
// of the others behind it, followed by the call.
ObjectWalker::Result ObjectWalker::StepGetattrChain() {
  for (;;) {
    Frame* frame = top_;
    PyObject* names = frame->first;
    emitter_.StartClosing();
    if (frame->stage == 0) {
      const bool marks = emitter_.protocol() < 2 && frame->next > 1;
      if (marks) emitter_.Emit(Opcode::MARK);
      if (frame->next++ == frame->size) {
        if (!EmitGlobalLines(frame->second, PyList_GET_ITEM(names, 0))) {
          return Result::kFailed;
        }
        frame->stage = 1;
        frame->next = 1;
        continue;
      }
      const Result result = SaveHeld(state_.getattr, kNeverUnique);
      if (result != Result::kDone) return result;
      continue;
    }
    if (frame->next > 1) {
      emitter_.Emit(emitter_.protocol() < 2 ? Opcode::TUPLE : Opcode::TUPLE2);
      emitter_.Emit(Opcode::REDUCE);
    }
    if (frame->next == frame->size) {
      Memoize(frame->object, /*unique=*/false, frame->in_temporary);
      --reductions_;
      return Pop();
    }
    const Result result =
        SaveHeld(PyList_GET_ITEM(names, frame->next++), kNeverUnique);
    if (result != Result::kDone) return result;
  }
}

ObjectWalker::Result ObjectWalker::SaveGlobal(PyObject* object,
                                              PyObject* name) {
  Handle global_name = Handle::Share(name);
  if (!global_name) {
    if (!LookupAttr(object, state_.str_qualname, global_name.Out())) {
      return Result::kFailed;
    }
    if (!global_name) {
      global_name.Reset(PyObject_GetAttr(object, state_.str_name));
      if (!global_name) return Result::kFailed;
    }
  }
  const Handle names(SplitName(state_, object, global_name.get()));
  if (!names) return Result::kFailed;
  if (kManglesNames && !MangleName(names.get(), &global_name)) {
    return Result::kFailed;
  }
  const Handle module_name(FindModuleName(state_, object, names.get()));
  if (!module_name) return Result::kFailed;
  const Handle module(ImportModule(module_name.get()));
  PyObject* error = state_.pickling_error;
  if (!module) {
    RaiseNotImported(error, object, module_name.get());
    return Result::kFailed;
  }
  Handle parent;
  const Handle found(FollowNames(module.get(), names.get(), &parent,
                                 /*raises=*/kRaisesFromCauses));
  if (!found) {
    RaiseNotFound(error, object, module_name.get(), global_name.get());
    return Result::kFailed;
  }
  if (found.get() != object && !state_.face.AreTwins(found.get(), object)) {
    PyErr_Format(error, "Can't pickle %R: it's not the same object as %S.%S",
                 object, module_name.get(), global_name.get());
    return Result::kFailed;
  }
  if (emitter_.protocol() >= 2) {
    bool emitted;
    if (!EmitExtension(object, module_name.get(), global_name.get(),
                       &emitted)) {
      return Result::kFailed;
    }
    if (emitted) return Result::kDone;
  }
  const bool nested = parent.get() != module.get();
  if (!nested) {
    global_name = Handle::Share(
        PyList_GET_ITEM(names.get(), PyList_GET_SIZE(names.get()) - 1));
  }
  if (emitter_.protocol() < 4 && !nested) {
    if (!EmitGlobalLines(module_name.get(), global_name.get())) {
      return Result::kFailed;
    }
    Memoize(object, /*unique=*/false, top_->temporary);
    return Result::kDone;
  }
  // The parent of a name with dots may be found through the object itself.
  if (!CountReduction()) return Result::kFailed;
  if (emitter_.protocol() < 4) {
    return SaveDottedGlobal(object, module_name.get(), names.get(),
                            parent.get());
  }
  Frame* frame = Push(Step::kGlobal, object, kNeverUnique);
  frame->temporary = lazy_;
  frame->first = NewRef(module_name.get());
  frame->second = NewRef(global_name.get());
  return Enter();
}

// Stages 0 and 1 save the names for STACK_GLOBAL; 2 and 3 the arguments of
// getattr().
ObjectWalker::Result ObjectWalker::StepGlobal() {
  for (;;) {
    Frame* frame = top_;
    Result result = Result::kDone;
    switch (frame->stage++) {
      case 0:
        result = SaveHeld(frame->first, kNeverUnique);
        break;
      case 1:
        frame->stage = 4;
        result = SaveHeld(frame->second, kNeverUnique);
        break;
      case 2:
        result = SaveHeld(PyTuple_GET_ITEM(frame->first, 0), kNeverUnique);
        break;
      case 3:
        frame->stage = 5;
        result = SaveHeld(PyTuple_GET_ITEM(frame->first, 1), 1);
        break;
      default:
        emitter_.StartClosing();
        emitter_.Emit(frame->stage == 5 ? Opcode::STACK_GLOBAL
                                        : Opcode::REDUCE);
        Memoize(frame->object, /*unique=*/false, frame->in_temporary);
        --reductions_;
        return Pop();
    }
    if (result != Result::kDone) return result;
  }
}

}  // namespace pickle5::python
