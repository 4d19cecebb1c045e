// The items that a reduction gives as iterators, in the batches of batch_list()
// and batch_dict() of _pickle.c.

#include "pickle/python/dump/object_walker.h"
#include "pickle/python/dump/walk_stages.h"

namespace pickle5::python {
ObjectWalker::Result ObjectWalker::PushItems(Step step, PyObject* iterator) {
  Frame* frame = Push(step, iterator, 1);
  frame->temporary = true;
  frame->size = 0;
  return Enter();
}

PyObject* ObjectWalker::NextItem(PyObject* iterator) {
  log_.Settle();
  if (!Well()) return nullptr;
  return PyIter_Next(iterator);
}

// Reads what tells how the batch is written. False: there is none, or an
// exception is set.
bool ObjectWalker::BeginBatch(Frame* frame) {
  frame->first = NextItem(frame->object);
  if (frame->first == nullptr) return false;
  frame->single = emitter_.protocol() == 0;
  const bool good =
      frame->step == Step::kListItems || PyTuple_Check(frame->first);
  if (!frame->single && good) {
    frame->second = NextItem(frame->object);
    if (frame->second == nullptr && PyErr_Occurred()) return false;
    frame->single = frame->second == nullptr;
  }
  frame->next = 0;
  if (!frame->single) emitter_.Emit(Opcode::MARK);
  return true;
}

// Goes on to the next item of a batch. False: it is complete, or an exception
// is set.
bool ObjectWalker::NextOfBatch(Frame* frame) {
  Release(frame->first);
  ++frame->size;
  emitter_.StartClosing();
  if (frame->single || ++frame->next == kBatch) return false;
  frame->first = frame->second != nullptr
                     ? std::exchange(frame->second, nullptr)
                     : NextItem(frame->object);
  return frame->first != nullptr;
}

// False: it was the last batch.
bool ObjectWalker::EndBatch(Frame* frame) {
  const bool pairs = frame->step == Step::kDictItems;
  frame->stage = kBatchBegin;
  if (frame->single) {
    emitter_.Emit(pairs ? Opcode::SETITEM : Opcode::APPEND);
    return emitter_.protocol() == 0;
  }
  emitter_.Emit(pairs ? Opcode::SETITEMS : Opcode::APPENDS);
  return frame->next == kBatch;
}

// first is the item being saved, second one that was read ahead; next counts
// the items of the batch, size all that are saved.
ObjectWalker::Result ObjectWalker::StepItems() {
  const bool pairs = top_->step == Step::kDictItems;
  for (;;) {
    Frame* frame = top_;
    if (frame->stage == kKeySaved) {
      frame->stage = kItemSaved;
      const Result result = SaveHeld(PyTuple_GET_ITEM(frame->first, 1), 1);
      if (result != Result::kDone) return result;
      continue;
    }
    if (frame->stage == kBatchBegin) {
      if (!BeginBatch(frame)) {
        return PyErr_Occurred() ? Result::kFailed : Pop();
      }
    } else if (!NextOfBatch(frame)) {
      if (PyErr_Occurred() || !Well()) return Result::kFailed;
      if (!EndBatch(frame)) return Pop();
      continue;
    }
    PyObject* item = frame->first;
    frame->stage = kItemSaved;
    if (pairs) {
      frame->stage = kKeySaved;
      if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
        PyErr_SetString(PyExc_TypeError,
                        "dict items iterator must return 2-tuples");
        return Result::kFailed;
      }
      // A pair that others hold keeps what is in it within their reach.
      frame->temporary = Py_REFCNT(item) == 1;
      item = PyTuple_GET_ITEM(item, 0);
    }
    const Result result = SaveHeld(item, 1);
    if (result != Result::kDone) return result;
  }
}

}  // namespace pickle5::python
