// Objects that are reduced: what __reduce_ex__ and its kin return.

#include "pickle/python/dump/object_walker.h"
#include "pickle/python/dump/walk_stages.h"
#include "pickle/python/object_names.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {
namespace {

// The fields of what a reducer returns.
enum Field : Py_ssize_t {
  kCallable,
  kArguments,
  kState,
  kListItems,
  kDictItems,
  kStateSetter,
};

// A field, nullptr where it is missing or None.
PyObject* FieldOf(PyObject* reduced, Py_ssize_t field) {
  if (field >= PyTuple_GET_SIZE(reduced)) return nullptr;
  PyObject* found = PyTuple_GET_ITEM(reduced, field);
  return found == Py_None ? nullptr : found;
}

}  // namespace

bool ObjectWalker::CountReduction() {
  if (++reductions_ <= max_reductions_) return true;
  PyErr_SetString(PyExc_RecursionError,
                  "maximum recursion depth exceeded while pickling an object");
  return false;
}

// --- Persistent ids --------------------------------------------------------

ObjectWalker::Result ObjectWalker::SavePersistentId(PyObject* object,
                                                    bool* saved) {
  *saved = false;
  log_.Settle();
  if (!Well()) return Result::kFailed;
  Handle id(
      PyObject_CallFunctionObjArgs(options_.persistent_id, object, nullptr));
  if (!id) return Result::kFailed;
  if (id.get() == Py_None) return Result::kDone;
  *saved = true;
  if (!emitter_.binary()) {
    const Handle text(PyObject_Str(id.get()));
    if (!text) return Result::kFailed;
    if (!PyUnicode_IS_ASCII(text.get())) {
      PyErr_SetString(state_.pickling_error,
                      "persistent IDs in protocol 0 must be ASCII strings");
      return Result::kFailed;
    }
    emitter_.EmitPersistentId(
        {static_cast<const char*>(PyUnicode_DATA(text.get())),
         static_cast<size_t>(PyUnicode_GET_LENGTH(text.get()))});
    return Result::kDone;
  }
  if (!CountReduction()) return Result::kFailed;
  Push(Step::kPersistentId, id.get(), 1);
  // Now the frame's alone.
  PyObject* owned = id.get();
  id.Reset();
  emitter_.StartValue();
  const Result result = Save(owned, 1, /*ask_id=*/false);
  return result == Result::kDone ? Enter() : result;
}

ObjectWalker::Result ObjectWalker::StepPersistentId() {
  emitter_.StartClosing();
  emitter_.Emit(Opcode::BINPERSID);
  --reductions_;
  return Pop();
}

// --- Reducers --------------------------------------------------------------

// What the object's reducer returns, or nullptr with *is_class set if it is to
// be saved by name.
PyObject* ObjectWalker::CallReducer(PyObject* object, bool* is_class) {
  auto* type = reinterpret_cast<PyObject*>(Py_TYPE(object));
  Handle reducer;
  if (options_.dispatch_table == nullptr) {
    PyObject* found = PyDict_GetItemWithError(state_.dispatch_table, type);
    if (found == nullptr && PyErr_Occurred()) return nullptr;
    reducer = Handle::Share(found);
  } else {
    reducer = Handle(PyObject_GetItem(options_.dispatch_table, type));
    if (!reducer) {
      if (!PyErr_ExceptionMatches(PyExc_KeyError)) return nullptr;
      PyErr_Clear();
    }
  }
  if (reducer) {
    return PyObject_CallFunctionObjArgs(reducer.get(), object, nullptr);
  }
  if (PyType_IsSubtype(Py_TYPE(object), &PyType_Type)) {
    *is_class = true;
    return nullptr;
  }
  if (!LookupAttr(object, state_.str_reduce_ex, reducer.Out())) {
    return nullptr;
  }
  if (reducer) {
    const Handle protocol(PyLong_FromLong(emitter_.protocol()));
    if (!protocol) return nullptr;
    PyObject* reduced =
        PyObject_CallFunctionObjArgs(reducer.get(), protocol.get(), nullptr);
    // Not what others registered for the type.
    if (reduced != nullptr) state_.arrays.Learn(Py_TYPE(object), reduced);
    return reduced;
  }
  if (!LookupAttr(object, state_.str_reduce, reducer.Out())) return nullptr;
  if (reducer) return PyObject_CallNoArgs(reducer.get());
  RaiseWithType(state_.pickling_error, kPicklingTexts.no_reduction, object);
  return nullptr;
}

ObjectWalker::Result ObjectWalker::SaveObject(PyObject* object,
                                              Py_ssize_t own) {
  PyTypeObject* type = Py_TYPE(object);
  Handle held;
  if (options_.reducer_override != nullptr) {
    held = Handle::Share(object);
    log_.Settle();
    if (!Well()) return Result::kFailed;
    Handle reduced(PyObject_CallFunctionObjArgs(options_.reducer_override,
                                                object, nullptr));
    if (!reduced) return Result::kFailed;
    if (reduced.get() != Py_NotImplemented) {
      return SaveReduced(std::move(held), reduced.release(), own);
    }
  }
  if (SaveLeaf(object, own)) return Result::kDone;
  bool saved;
  const Result result = SaveInstance(object, own, &saved);
  if (saved) return result;
  if (!held) held = Handle::Share(object);
  log_.Settle();
  if (!Well()) return Result::kFailed;
  if (type == &PyType_Type) return SaveType(object, own);
  if (type == &PyFunction_Type) return SaveGlobal(object, nullptr);
  bool is_class = false;
  PyObject* reduced = CallReducer(object, &is_class);
  if (is_class) return SaveGlobal(object, nullptr);
  return SaveReduced(std::move(held), reduced, own);
}

ObjectWalker::Result ObjectWalker::SaveReduced(Handle object, PyObject* reduced,
                                               Py_ssize_t own) {
  if (reduced == nullptr) return Result::kFailed;
  if (PyUnicode_Check(reduced)) {
    const Handle name(reduced);
    return SaveGlobal(object.get(), reduced);
  }
  if (!PyTuple_Check(reduced)) {
    RaiseWithType(state_.pickling_error, kPicklingTexts.reduce_result, reduced);
    NoteNoReduction(object.get());
    Py_DECREF(reduced);
    return Result::kFailed;
  }
  return PushReduction(std::move(object), reduced, own, /*asked=*/true);
}

// --- Reductions ------------------------------------------------------------

bool ObjectWalker::CheckReduction(PyObject* reduced) {
  PyObject* error = state_.pickling_error;
  const Py_ssize_t size = PyTuple_GET_SIZE(reduced);
  if (size < 2 || size > 6) {
    PyErr_SetString(error,
                    "tuple returned by __reduce__ must contain 2 through 6 "
                    "elements");
    return false;
  }
  const PicklingTexts& texts = kPicklingTexts;
  PyObject* callable = PyTuple_GET_ITEM(reduced, kCallable);
  PyObject* arguments = PyTuple_GET_ITEM(reduced, kArguments);
  PyObject* list_items = FieldOf(reduced, kListItems);
  PyObject* dict_items = FieldOf(reduced, kDictItems);
  PyObject* setter = FieldOf(reduced, kStateSetter);
  if (!PyCallable_Check(callable)) {
    RaiseWithType(error, texts.callable, callable);
  } else if (!PyTuple_Check(arguments)) {
    RaiseWithType(error, texts.arguments, arguments);
  } else if (list_items != nullptr && !PyIter_Check(list_items)) {
    RaiseWithType(error, texts.list_items, list_items);
  } else if (dict_items != nullptr && !PyIter_Check(dict_items)) {
    RaiseWithType(error, texts.dict_items, dict_items);
  } else if (setter != nullptr && !PyCallable_Check(setter)) {
    RaiseWithType(error, texts.state_setter, setter);
  } else {
    return true;
  }
  return false;
}

bool ObjectWalker::CheckNewObjEx(PyObject* arguments) {
  PyObject* error = state_.pickling_error;
  if (PyTuple_GET_SIZE(arguments) != 3) {
    PyErr_Format(error, kPicklingTexts.newobj_ex_count,
                 PyTuple_GET_SIZE(arguments));
    return false;
  }
  PyObject* cls = PyTuple_GET_ITEM(arguments, 0);
  PyObject* positional = PyTuple_GET_ITEM(arguments, 1);
  PyObject* keywords = PyTuple_GET_ITEM(arguments, 2);
  if (!PyType_Check(cls)) {
    RaiseWithType(error, kPicklingTexts.newobj_ex_class, cls);
  } else if (!PyTuple_Check(positional)) {
    RaiseWithType(error, kPicklingTexts.newobj_ex_arguments, positional);
  } else if (!PyDict_Check(keywords)) {
    RaiseWithType(error, kPicklingTexts.newobj_ex_keywords, keywords);
  } else {
    return true;
  }
  return false;
}

// Before protocol 4: the call of a functools.partial that holds the keywords.
bool ObjectWalker::MakePartial(Frame* frame, PyObject* arguments) {
  PyObject* cls = PyTuple_GET_ITEM(arguments, 0);
  PyObject* positional = PyTuple_GET_ITEM(arguments, 1);
  const Handle method(PyObject_GetAttr(cls, state_.str_new));
  if (!method) return false;
  const Handle prefix(PyTuple_Pack(2, method.get(), cls));
  if (!prefix) return false;
  const Handle all(PySequence_Concat(prefix.get(), positional));
  if (!all) return false;
  frame->second =
      PyObject_Call(state_.partial, all.get(), PyTuple_GET_ITEM(arguments, 2));
  return frame->second != nullptr;
}

bool ObjectWalker::CheckNewObj(Frame* frame, PyObject* arguments) {
  PyObject* error = state_.pickling_error;
  const Py_ssize_t size = PyTuple_GET_SIZE(arguments);
  if (size < 1) {
    PyErr_Format(error, kPicklingTexts.newobj_count, size);
    return false;
  }
  PyObject* cls = PyTuple_GET_ITEM(arguments, 0);
  if (!PyType_Check(cls)) {
    RaiseWithType(error, kPicklingTexts.newobj_class, cls);
    return false;
  }
  Handle actual;
  if (!LookupAttr(frame->object, state_.str_class, actual.Out())) return false;
  if (!actual) {
    actual = Handle::Share(reinterpret_cast<PyObject*>(Py_TYPE(frame->object)));
  }
  if (actual.get() != cls) {
    PyErr_Format(error, kPicklingTexts.newobj_wrong_class, actual.get(), cls);
    return false;
  }
  frame->second = PyTuple_GetSlice(arguments, 1, size);
  return frame->second != nullptr;
}

bool ObjectWalker::ChooseCall(Frame* frame, PyObject* callable,
                              PyObject* arguments) {
  frame->limit = kReduceCall;
  if (emitter_.protocol() < 2) return true;
  Handle name;
  if (!LookupAttr(callable, state_.str_name, name.Out())) return false;
  if (!name || !PyUnicode_Check(name.get())) return true;
  if (PyUnicode_Compare(name.get(), state_.str_newobj_ex) == 0) {
    if (!CheckNewObjEx(arguments)) return false;
    frame->limit = emitter_.protocol() >= 4 ? kNewObjEx : kPartial;
    return frame->limit == kNewObjEx || MakePartial(frame, arguments);
  }
  if (PyUnicode_Compare(name.get(), state_.str_newobj) == 0) {
    frame->limit = kNewObj;
    return CheckNewObj(frame, arguments);
  }
  return true;
}

ObjectWalker::Result ObjectWalker::PushReduction(Handle object,
                                                 PyObject* reduced,
                                                 Py_ssize_t own, bool asked) {
  if (reduced == nullptr) return Result::kFailed;
  Handle held(reduced);
  Frame* frame = Push(Step::kReduce, nullptr, own);
  frame->object = object.release();
  frame->first = held.release();
  frame->single = asked;
  if (!CheckReduction(reduced) || !CountReduction()) return Result::kFailed;
  if (!ChooseCall(frame, PyTuple_GET_ITEM(reduced, kCallable),
                  PyTuple_GET_ITEM(reduced, kArguments))) {
    return Result::kFailed;
  }
  frame->temporary = lazy_ && Py_REFCNT(reduced) == 1;
  frame->stage = kSaveCallable;
  MarkOpen(frame->object, IsUnique(frame->object, own + 1));
  return Enter();
}

bool ObjectWalker::MemoizeReduced(Frame* frame) {
  PyObject* object = frame->object;
  // A setter is called with the object: it is met again.
  const bool unique = IsUnique(object, frame->own + 1) &&
                      FieldOf(frame->first, kStateSetter) == nullptr;
  if (WasMemoized(object, unique)) {
    emitter_.Emit(Opcode::POP);
    EmitKnownSlow(object);
    return false;
  }
  Memoize(object, unique, frame->in_temporary);
  return true;
}

ObjectWalker::Result ObjectWalker::StepReduce() {
  for (;;) {
    Frame* frame = top_;
    PyObject* reduced = frame->first;
    PyObject* arguments = PyTuple_GET_ITEM(reduced, kArguments);
    const Py_ssize_t kind = frame->limit;
    Result result = Result::kDone;
    switch (frame->stage++) {
      case kSaveCallable:
        result =
            SaveHeld(kind == kReduceCall ? PyTuple_GET_ITEM(reduced, kCallable)
                     : kind == kPartial  ? frame->second
                                         : PyTuple_GET_ITEM(arguments, 0),
                     1);
        break;
      case kSaveArguments:
        if (kind == kPartial) {
          const Handle empty(PyTuple_New(0));
          result = SaveHeld(empty.get(), 1);
        } else {
          result = SaveHeld(kind == kReduceCall ? arguments
                            : kind == kNewObj   ? frame->second
                                              : PyTuple_GET_ITEM(arguments, 1),
                            1);
        }
        break;
      case kSaveKeywords:
        if (kind == kNewObjEx) {
          result = SaveHeld(PyTuple_GET_ITEM(arguments, 2), 1);
        }
        break;
      case kCall:
        emitter_.StartClosing();
        emitter_.Emit(kind == kNewObj     ? Opcode::NEWOBJ
                      : kind == kNewObjEx ? Opcode::NEWOBJ_EX
                                          : Opcode::REDUCE);
        if (!MemoizeReduced(frame)) {
          --reductions_;
          return Pop();
        }
        break;
      case kSaveListItems:
        if (PyObject* items = FieldOf(reduced, kListItems)) {
          result = PushItems(Step::kListItems, items);
        }
        break;
      case kSaveDictItems:
        if (PyObject* items = FieldOf(reduced, kDictItems)) {
          result = PushItems(Step::kDictItems, items);
        }
        break;
      case kSaveState: {
        PyObject* state = FieldOf(reduced, kState);
        PyObject* setter = FieldOf(reduced, kStateSetter);
        if (state == nullptr) {
          --reductions_;
          return Pop();
        }
        if (setter == nullptr) frame->stage = kBuild;
        result = SaveHeld(setter == nullptr ? state : setter, 1);
        break;
      }
      case kSetterObject:
        result = SaveHeld(frame->object, kNeverUnique);
        break;
      case kSetterState:
        result = SaveHeld(PyTuple_GET_ITEM(reduced, kState), 1);
        break;
      case kSetterCall:
        emitter_.StartClosing();
        emitter_.Emit(Opcode::TUPLE2);
        emitter_.Emit(Opcode::REDUCE);
        emitter_.Emit(Opcode::POP);
        --reductions_;
        return Pop();
      default:
        emitter_.StartClosing();
        emitter_.Emit(Opcode::BUILD);
        --reductions_;
        return Pop();
    }
    if (result != Result::kDone) return result;
  }
}

}  // namespace pickle5::python
