// Exact lists, tuples, dicts and sets.

#include <algorithm>

#include "pickle/python/dump/flat_values.h"
#include "pickle/python/dump/object_walker.h"
#include "pickle/python/dump/walk_stages.h"
#include "pickle/python/version_rules.h"

namespace pickle5::python {

// --- Lists -----------------------------------------------------------------

ObjectWalker::Result ObjectWalker::SaveList(PyObject* list, Py_ssize_t own) {
  if (ABSL_PREDICT_FALSE(options_.fast) && !EnterFast(list)) {
    return Result::kFailed;
  }
  emitter_.EmitEmptyList();
  Memoize(list, IsUnique(list, own), top_->temporary);
  const Py_ssize_t size = PyList_GET_SIZE(list);
  if (size == 0) {
    if (ABSL_PREDICT_FALSE(options_.fast)) LeaveFast(list);
    return Result::kDone;
  }
  Frame* frame = Push(Step::kList, list, own);
  frame->size = size;
  OpenListBatch(frame);
  return Enter();
}

void ObjectWalker::OpenListBatch(Frame* frame) {
  const Py_ssize_t left = frame->size - frame->next;
  frame->single = emitter_.protocol() == 0 ||
                  (left == 1 && (kExactBatches || frame->size == 1));
  if (!frame->single) emitter_.Emit(Opcode::MARK);
  frame->limit = frame->next + (frame->single ? 1 : kBatch);
}

ObjectWalker::Result ObjectWalker::FailSizeChanged(const char* text) {
  log_.Settle();
  PyErr_SetString(PyExc_RuntimeError, text);
  return Result::kFailed;
}

ObjectWalker::Result ObjectWalker::StepList() {
  Frame* frame = top_;
  PyObject* list = frame->object;
  const bool runs =
      emitter_.protocol() >= 2 && options_.persistent_id == nullptr;
  for (;;) {
    // Behind the last item no frame ends.
    while (frame->next < std::min(frame->limit, PyList_GET_SIZE(list))) {
      emitter_.StartValue();
      // Pickler.bin may be set at any value.
      if (runs && emitter_.binary() && frame->next < PyList_GET_SIZE(list)) {
        SaveRun();
      }
      if (frame->next >= std::min(frame->limit, PyList_GET_SIZE(list))) break;
      PyObject* item = PyList_GET_ITEM(list, frame->next++);
      const Result result = Save(item, 1);
      if (result != Result::kDone) return result;
      frame = top_;
    }
    emitter_.StartClosing();
    if (!frame->single) {
      emitter_.Emit(Opcode::APPENDS);
    } else if (frame->next == frame->limit) {
      emitter_.Emit(Opcode::APPEND);
    }
    if (frame->single && emitter_.protocol() != 0) break;
    if (kListsKeepTheirSize && !frame->single &&
        PyList_GET_SIZE(list) != frame->size) {
      frame->stage = kListChanged;
      return FailSizeChanged("list changed size during iteration");
    }
    if (frame->next >= PyList_GET_SIZE(list)) break;
    if (!Well()) return Result::kFailed;
    OpenListBatch(frame);
  }
  if (ABSL_PREDICT_FALSE(options_.fast)) LeaveFast(list);
  return Pop();
}

// --- Tuples ----------------------------------------------------------------

ObjectWalker::Result ObjectWalker::SaveTuple(PyObject* tuple, Py_ssize_t own) {
  MarkOpen(tuple, IsUnique(tuple, own));
  emitter_.OpenTuple(static_cast<size_t>(PyTuple_GET_SIZE(tuple)));
  Push(Step::kTuple, tuple, own);
  return Enter();
}

ObjectWalker::Result ObjectWalker::StepTuple() {
  Frame* frame = top_;
  PyObject* tuple = frame->object;
  const Py_ssize_t size = PyTuple_GET_SIZE(tuple);
  while (frame->next < size) {
    const Result result = SaveHeld(PyTuple_GET_ITEM(tuple, frame->next++), 1);
    if (result != Result::kDone) return result;
    frame = top_;
  }
  emitter_.StartClosing();
  const bool unique = IsUnique(tuple, frame->own + 1);
  if (WasMemoized(tuple, unique)) {
    emitter_.DropTuple(static_cast<size_t>(size));
    emitter_.StartClosing();
    EmitKnownSlow(tuple);
    return Pop();
  }
  emitter_.CloseTuple(static_cast<size_t>(size));
  Memoize(tuple, unique, frame->in_temporary);
  return Pop();
}

// --- Dicts -----------------------------------------------------------------

ObjectWalker::Result ObjectWalker::SaveDict(PyObject* dict, Py_ssize_t own) {
  if (ABSL_PREDICT_FALSE(options_.fast) && !EnterFast(dict)) {
    return Result::kFailed;
  }
  emitter_.EmitEmptyDict();
  Memoize(dict, IsUnique(dict, own), top_->temporary);
  const Py_ssize_t size = PyDict_GET_SIZE(dict);
  if (size == 0) {
    if (ABSL_PREDICT_FALSE(options_.fast)) LeaveFast(dict);
    return Result::kDone;
  }
  Frame* frame = Push(Step::kDict, dict, own);
  frame->size = frame->left = size;
  OpenDictBatch(frame);
  return Enter();
}

void ObjectWalker::OpenDictBatch(Frame* frame) {
  frame->single = emitter_.protocol() == 0 ||
                  (frame->left == 1 && (kExactBatches || frame->size == 1));
  if (!frame->single) emitter_.Emit(Opcode::MARK);
  frame->limit = frame->single ? 1 : kBatch;
  frame->left -= frame->limit;
}

// frame->next is the position in the dict; limit counts down what is left of
// the batch; first is a value that waits for its key, second one that is held
// while it is saved.
ObjectWalker::Result ObjectWalker::StepDict() {
  Frame* frame = top_;
  PyObject* dict = frame->object;
  for (;;) {
    if (frame->stage == kDictKey) {
      frame->stage = kDictValue;
      frame->second = std::exchange(frame->first, nullptr);
      const Result result = SaveHeld(frame->second, 2);
      if (result != Result::kDone) return result;
      frame = top_;
    }
    if (frame->second != nullptr) Release(frame->second);
    bool more = true;
    while (frame->limit > 0) {
      PyObject* key;
      PyObject* value;
      more = PyDict_Next(dict, &frame->next, &key, &value) != 0;
      if (!more) break;
      --frame->limit;
      const bool flat = PairsAreFlat() && IsFlat(key);
      if (flat && IsFlat(value)) {
        uint8_t* at = emitter_.NextBoundary(emitter_.cursor());
        at = PutFlat(at, key, OwnOfKeys(dict));
        at = PutFlat(emitter_.NextBoundary(at), value, 1);
        emitter_.set_cursor(at);
        continue;
      }
      if (ABSL_PREDICT_FALSE(careful_ ||
                             !(PyUnicode_CheckExact(key) || flat))) {
        frame->first = NewRef(value);
        frame->stage = kDictKey;
        const Handle held = Handle::Share(key);
        const Py_ssize_t own = OwnOfKeys(dict);
        const Result result = SaveHeld(key, own == 1 ? 2 : own);
        if (result != Result::kDone) {
          // The frame that was pushed holds the key with one more reference.
          return result;
        }
        frame = top_;
        break;
      }
      emitter_.StartValue();
      if (flat) {
        emitter_.set_cursor(PutFlat(emitter_.cursor(), key, OwnOfKeys(dict)));
      } else if (SaveStr(key, OwnOfKeys(dict)) == Result::kFailed) {
        return Result::kFailed;
      }
      const Result result = SaveHeld(value, 1);
      if (result != Result::kDone) return result;
      frame = top_;
    }
    if (frame->stage == kDictKey) continue;
    emitter_.StartClosing();
    if (!frame->single) {
      emitter_.Emit(Opcode::SETITEMS);
    } else if (more) {
      emitter_.Emit(Opcode::SETITEM);
      if (emitter_.protocol() > 0) break;
    }
    if (PyDict_GET_SIZE(dict) != frame->size) {
      frame->stage = kDictChanged;
      return FailSizeChanged("dictionary changed size during iteration");
    }
    if (!more || (kExactBatches && frame->left <= 0)) break;
    if (!Well()) return Result::kFailed;
    OpenDictBatch(frame);
  }
  if (ABSL_PREDICT_FALSE(options_.fast)) LeaveFast(dict);
  return Pop();
}

// --- Sets ------------------------------------------------------------------

ObjectWalker::Result ObjectWalker::SaveSetAsReduction(PyObject* set,
                                                      PyTypeObject* type,
                                                      Py_ssize_t own) {
  log_.Settle();
  return PushReduction(
      Handle::Share(set),
      Py_BuildValue("(O(N))", reinterpret_cast<PyObject*>(type),
                    PySequence_List(set)),
      own);
}

ObjectWalker::Result ObjectWalker::SaveSet(PyObject* set, Py_ssize_t own) {
  if (emitter_.protocol() < 4) {
    return SaveSetAsReduction(set, &PySet_Type, own);
  }
  emitter_.Emit(Opcode::EMPTY_SET);
  Memoize(set, IsUnique(set, own), top_->temporary);
  if (PySet_GET_SIZE(set) == 0) return Result::kDone;
  Frame* frame = Push(Step::kSet, set, own);
  frame->size = frame->left = PySet_GET_SIZE(set);
  OpenSetBatch(frame);
  return Enter();
}

void ObjectWalker::OpenSetBatch(Frame* frame) {
  emitter_.Emit(Opcode::MARK);
  frame->limit = kBatch;
  frame->left -= kBatch;
}

// As StepDict(): first holds the item while it is saved.
ObjectWalker::Result ObjectWalker::StepSet() {
  Frame* frame = top_;
  PyObject* set = frame->object;
  for (;;) {
    if (frame->first != nullptr) Release(frame->first);
    bool more = true;
    while (frame->limit > 0) {
      PyObject* item;
      Py_hash_t hash;
      more = _PySet_NextEntry(set, &frame->next, &item, &hash) != 0;
      if (!more) break;
      --frame->limit;
      if (PairsAreFlat() && IsFlat(item)) {
        emitter_.set_cursor(
            PutFlat(emitter_.NextBoundary(emitter_.cursor()), item, 1));
        continue;
      }
      frame->first = NewRef(item);
      const Result result = SaveHeld(item, 2);
      if (result != Result::kDone) return result;
      frame = top_;
      Release(frame->first);
    }
    emitter_.StartClosing();
    emitter_.Emit(Opcode::ADDITEMS);
    if (PySet_GET_SIZE(set) != frame->size) {
      return FailSizeChanged("set changed size during iteration");
    }
    if (!more || (kExactBatches && frame->left <= 0)) return Pop();
    if (!Well()) return Result::kFailed;
    OpenSetBatch(frame);
  }
}

ObjectWalker::Result ObjectWalker::SaveFrozenSet(PyObject* set,
                                                 Py_ssize_t own) {
  if (emitter_.protocol() < 4) {
    return SaveSetAsReduction(set, &PyFrozenSet_Type, own);
  }
  MarkOpen(set, IsUnique(set, own));
  emitter_.Emit(Opcode::MARK);
  Push(Step::kFrozenSet, set, own);
  return Enter();
}

ObjectWalker::Result ObjectWalker::StepFrozenSet() {
  Frame* frame = top_;
  PyObject* set = frame->object;
  PyObject* item;
  Py_hash_t hash;
  while (_PySet_NextEntry(set, &frame->next, &item, &hash) != 0) {
    if (PairsAreFlat() && IsFlat(item)) {
      emitter_.set_cursor(
          PutFlat(emitter_.NextBoundary(emitter_.cursor()), item, 1));
      continue;
    }
    const Result result = SaveHeld(item, 1);
    if (result != Result::kDone) return result;
    frame = top_;
  }
  emitter_.StartClosing();
  const bool unique = IsUnique(set, frame->own + 1);
  if (WasMemoized(set, unique)) {
    emitter_.Emit(Opcode::POP_MARK);
    EmitKnownSlow(set);
    return Pop();
  }
  emitter_.Emit(Opcode::FROZENSET);
  Memoize(set, unique, frame->in_temporary);
  return Pop();
}

// --- Fast mode -------------------------------------------------------------

bool ObjectWalker::EnterFast(PyObject* container) {
  if (++fast_nesting_ < kFastNesting) return true;
  if (fast_open_.insert(container).second) return true;
  PyErr_Format(PyExc_ValueError,
               "fast mode: can't pickle cyclic objects "
               "including object type %.200s at %p",
               Py_TYPE(container)->tp_name, container);
  return false;
}

void ObjectWalker::LeaveFast(PyObject* container) {
  if (fast_nesting_-- >= kFastNesting) fast_open_.erase(container);
}

}  // namespace pickle5::python
