// The items that a reduction gives as iterators, in the batches of batch_list()
// and batch_dict() of _pickle.c.

#include "pickle/python/object_walker.h"

namespace pickle5::python {
namespace {

// Where a StepListItems() or StepDictItems() goes on.
enum ItemStage : uint8_t {
  kBegin,   // a batch, if there are items left
  kSaved,   // an item of a batch is saved
  kSingle,  // the only item of a batch is saved
  kValue,   // a key is saved
};

}  // namespace

ObjectWalker::Result ObjectWalker::PushItems(Step step, PyObject* iterator) {
  Frame* frame = Push(step, iterator, 1);
  frame->temporary = true;
  return Enter();
}

PyObject* ObjectWalker::NextItem(PyObject* iterator) {
  log_.Settle();
  if (!Well()) return nullptr;
  return PyIter_Next(iterator);
}

// first is the item being saved, second one that was read ahead; next counts
// the items of the batch.
ObjectWalker::Result ObjectWalker::StepListItems() {
  for (;;) {
    Frame* frame = top_;
    PyObject* iterator = frame->object;
    if (frame->stage == kBegin) {
      frame->first = NextItem(iterator);
      if (frame->first == nullptr) {
        return PyErr_Occurred() ? Result::kFailed : Pop();
      }
      frame->single = emitter_.protocol() == 0;
      if (!frame->single) {
        frame->second = NextItem(iterator);
        if (frame->second == nullptr && PyErr_Occurred()) {
          return Result::kFailed;
        }
        frame->single = frame->second == nullptr;
      }
      frame->stage = frame->single ? kSingle : kSaved;
      frame->next = 0;
      if (!frame->single) emitter_.Emit(Opcode::MARK);
      const Result result = SaveHeld(frame->first, 1);
      if (result != Result::kDone) return result;
      frame = top_;
    }
    Release(frame->first);
    emitter_.StartClosing();
    if (frame->stage == kSingle) {
      emitter_.Emit(Opcode::APPEND);
      if (emitter_.protocol() != 0) return Pop();
      frame->stage = kBegin;
      continue;
    }
    bool ends = ++frame->next == kBatch;
    if (!ends) {
      frame->first = frame->second != nullptr
                         ? std::exchange(frame->second, nullptr)
                         : NextItem(iterator);
      if (frame->first == nullptr && (PyErr_Occurred() || !Well())) {
        return Result::kFailed;
      }
      ends = frame->first == nullptr;
    }
    if (ends) {
      emitter_.Emit(Opcode::APPENDS);
      if (frame->next != kBatch) return Pop();
      frame->stage = kBegin;
      continue;
    }
    const Result result = SaveHeld(frame->first, 1);
    if (result != Result::kDone) return result;
  }
}

// As StepListItems(), of pairs. Stage kValue: the key is saved, the value is
// to follow; whether the batch is a single one is in `single`.
ObjectWalker::Result ObjectWalker::StepDictItems() {
  for (;;) {
    Frame* frame = top_;
    PyObject* iterator = frame->object;
    if (frame->stage == kBegin) {
      frame->first = NextItem(iterator);
      if (frame->first == nullptr) {
        return PyErr_Occurred() ? Result::kFailed : Pop();
      }
      frame->single = emitter_.protocol() == 0;
      if (!frame->single && PyTuple_Check(frame->first)) {
        frame->second = NextItem(iterator);
        if (frame->second == nullptr && PyErr_Occurred()) {
          return Result::kFailed;
        }
        frame->single = frame->second == nullptr;
      }
      frame->next = 0;
      if (!frame->single) emitter_.Emit(Opcode::MARK);
    } else if (frame->stage == kValue) {
      frame->stage = kSaved;
      const Result result = SaveHeld(PyTuple_GET_ITEM(frame->first, 1), 1);
      if (result != Result::kDone) return result;
      continue;
    } else {
      Release(frame->first);
      emitter_.StartClosing();
      if (frame->single) {
        emitter_.Emit(Opcode::SETITEM);
        if (emitter_.protocol() != 0) return Pop();
        frame->stage = kBegin;
        continue;
      }
      bool ends = ++frame->next == kBatch;
      if (!ends) {
        frame->first = frame->second != nullptr
                           ? std::exchange(frame->second, nullptr)
                           : NextItem(iterator);
        if (frame->first == nullptr && (PyErr_Occurred() || !Well())) {
          return Result::kFailed;
        }
        ends = frame->first == nullptr;
      }
      if (ends) {
        emitter_.Emit(Opcode::SETITEMS);
        if (frame->next != kBatch) return Pop();
        frame->stage = kBegin;
        continue;
      }
    }
    PyObject* pair = frame->first;
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2) {
      PyErr_SetString(PyExc_TypeError,
                      "dict items iterator must return 2-tuples");
      return Result::kFailed;
    }
    // A pair that others hold keeps what is in it within their reach.
    frame->temporary = Py_REFCNT(pair) == 1;
    frame->stage = kValue;
    const Result result = SaveHeld(PyTuple_GET_ITEM(pair, 0), 1);
    if (result != Result::kDone) return result;
  }
}

}  // namespace pickle5::python
