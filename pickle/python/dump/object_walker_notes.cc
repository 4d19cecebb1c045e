// Where a walk failed, from the frames that are open.

#include "pickle/python/dump/failure_notes.h"
#include "pickle/python/dump/instance_fields.h"
#include "pickle/python/dump/object_walker.h"
#include "pickle/python/dump/walk_stages.h"

namespace pickle5::python {
namespace {

// The key that PyDict_Next() gave last, nullptr if it is gone.
Handle KeyBefore(PyObject* dict, Py_ssize_t end) {
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  while (PyDict_Next(dict, &position, &key, &value) != 0) {
    if (position == end) return Handle::Share(key);
  }
  return Handle();
}

// The name of the attribute that was set as the `index`-th.
Handle NameOfField(PyObject* instance, Py_ssize_t index) {
  InstanceFields fields;
  if (fields.Find(instance)) {
    return Handle::Share(index < fields.size() ? fields.name(index) : nullptr);
  }
  PyObject* dict = InstanceFields::FindDict(instance);
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  while (dict != nullptr && PyDict_Next(dict, &position, &key, &value) != 0) {
    if (index-- == 0) return Handle::Share(key);
  }
  return Handle();
}

}  // namespace

void ObjectWalker::NoteInstance(const Frame& frame, FailureNotes& notes) const {
  PyTypeObject* type = Py_TYPE(frame.object);
  if (frame.stage <= kInstanceMake) {
    notes.AddPart(type, "class");
  } else if (frame.step == Step::kNamedTuple) {
    notes.AddItem(&PyTuple_Type, frame.next - 1);
    notes.AddPart(type, "__new__ arguments");
  } else {
    if (frame.stage == kInstanceItems && frame.step == Step::kFields) {
      const Handle name = NameOfField(frame.object, frame.next - 1);
      if (name) notes.AddItem(&PyDict_Type, name.get());
    } else if (frame.step == Step::kSlots) {
      const Slot* slot =
          frame.stage == kInstanceItems
              ? SlotOf(frame.object, static_cast<size_t>(frame.next - 1))
              : nullptr;
      if (slot != nullptr) {
        const Handle name = Handle::Share(slot->name.get());
        notes.AddItem(&PyDict_Type, name.get());
      }
      notes.AddItem(&PyTuple_Type, 1);
    }
    notes.AddPart(type, "state");
  }
  notes.AddPart(type, "object");
}

void ObjectWalker::NoteReduction(const Frame& frame,
                                 FailureNotes& notes) const {
  PyTypeObject* type = Py_TYPE(frame.object);
  const bool calls = frame.limit == kReduceCall || frame.limit == kPartial;
  switch (frame.stage) {
    case kSaveCallable + 1:
      notes.AddPart(type, calls ? "reconstructor" : "class");
      break;
    case kSaveArguments + 1:
    case kSaveKeywords + 1:
      notes.AddPart(type, frame.limit == kPartial ? "reconstructor"
                          : calls                 ? "reconstructor arguments"
                                                  : "__new__ arguments");
      break;
    case kSaveState + 1:
      notes.AddPart(type, "state setter");
      break;
    case kSetterState + 1:
    case kBuild:
      notes.AddPart(type, "state");
      break;
    default:
      break;
  }
  if (frame.single) notes.AddPart(type, "object");
}

void ObjectWalker::NoteFrame(const Frame& frame, FailureNotes& notes) const {
  switch (frame.step) {
    case Step::kList:
      if (frame.stage == kListChanged) return;
      return notes.AddItem(Py_TYPE(frame.object), frame.next - 1);
    case Step::kTuple:
      return notes.AddItem(Py_TYPE(frame.object), frame.next - 1);
    case Step::kDict:
      if (frame.stage == kDictValue) {
        const Handle key = KeyBefore(frame.object, frame.next);
        if (key) notes.AddItem(&PyDict_Type, key.get());
      }
      return;
    case Step::kListItems:
    case Step::kDictItems: {
      // The reduction whose items they are is below.
      PyTypeObject* type = Py_TYPE((&frame - 1)->object);
      if (frame.stage != kItemSaved || frame.first == nullptr) return;
      if (frame.step == Step::kListItems) {
        return notes.AddItem(type, frame.size);
      }
      const Handle key = Handle::Share(PyTuple_GET_ITEM(frame.first, 0));
      return notes.AddItem(type, key.get());
    }
    case Step::kSet:
      if (frame.first != nullptr) notes.AddPart(&PySet_Type, "element");
      return;
    case Step::kFrozenSet:
      return notes.AddPart(&PyFrozenSet_Type, "element");
    case Step::kReduce:
      return NoteReduction(frame, notes);
    case Step::kFields:
    case Step::kInstanceDict:
    case Step::kSlots:
    case Step::kNamedTuple:
      return NoteInstance(frame, notes);
    case Step::kBottom:
    case Step::kGlobal:
    case Step::kGetattrChain:
    case Step::kPersistentId:
      return;
  }
}

void ObjectWalker::NoteFailure() {
  // CPython's depth is bounded by its recursion limit, this one is not.
  constexpr ptrdiff_t kNotedLevels = 500;
  FailureNotes notes(state_, dump_);
  const Frame* bottom = frames_.data();
  const ptrdiff_t levels = top_ - bottom;
  const ptrdiff_t skipped = levels - 2 * kNotedLevels;
  for (ptrdiff_t level = levels; level > 0; --level) {
    if (skipped > 0 && level == levels - kNotedLevels) {
      notes.AddSkipped(static_cast<size_t>(skipped));
      level -= skipped;
    }
    NoteFrame(bottom[level], notes);
  }
  notes.Raise();
}

void ObjectWalker::NoteNoReduction(PyObject* object) const {
  FailureNotes notes(state_, dump_);
  notes.AddPart(Py_TYPE(object), "object");
  notes.Raise();
}

}  // namespace pickle5::python
