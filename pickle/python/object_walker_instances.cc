// Instances of classes that reduce as object does, without the reduction.

#include <algorithm>

#include "pickle/python/flat_values.h"
#include "pickle/python/instance_fields.h"
#include "pickle/python/object_walker.h"
#include "pickle/python/walk_stages.h"

namespace pickle5::python {
namespace {

// Instances may have methods of their own: names like __reduce_ex__ among the
// attributes.
bool IsSpecialName(PyObject* name) {
  if (!PyUnicode_CheckExact(name) || !PyUnicode_IS_COMPACT_ASCII(name)) {
    return true;
  }
  const char* text = static_cast<const char*>(PyUnicode_DATA(name));
  return text[0] == '_' && text[1] == '_';
}

// What the attributes of an instance are.
class AttributeKinds {
 public:
  void Add(PyObject* name, PyObject* value) {
    special_ = special_ || IsSpecialName(name);
    flat_ = flat_ && IsShortText(name) && IsFlat(value);
  }
  bool special() const { return special_; }
  bool flat() const { return flat_; }

 private:
  bool special_ = false;
  bool flat_ = true;
};

PyObject* SlotValue(PyObject* object, const Slot& slot) {
  return *reinterpret_cast<PyObject**>(reinterpret_cast<char*>(object) +
                                       slot.offset);
}

}  // namespace

int ObjectWalker::HasReducer(PyTypeObject* type) {
  if (lazy_ && type == unregistered_ && log_.settles() == unregistered_at_) {
    return 0;
  }
  const int found =
      PyDict_Contains(instance_table_, reinterpret_cast<PyObject*>(type));
  if (found == 0) {
    unregistered_ = type;
    unregistered_at_ = log_.settles();
  }
  return found;
}

ObjectWalker::Result ObjectWalker::SaveInstance(PyObject* object,
                                                Py_ssize_t own, bool* saved) {
  *saved = false;
  PyTypeObject* type = Py_TYPE(object);
  if (instance_table_ == nullptr ||
      !PyType_HasFeature(type, Py_TPFLAGS_HEAPTYPE)) {
    return Result::kDone;
  }
  const TypeInfo* info = state_.types.FindKnown(type);
  if (info == nullptr) {
    const Handle held = Handle::Share(object);
    log_.Settle();
    if (!Well()) return Result::kFailed;
    info = state_.types.Find(state_, type);
  }
  if (info == nullptr || info->shape == Shape::kOther) return Result::kDone;
  const int registered = HasReducer(type);
  if (registered != 0) {
    *saved = registered < 0;
    return *saved ? Result::kFailed : Result::kDone;
  }
  Step step = Step::kNamedTuple;
  Py_ssize_t size = 0;
  Py_ssize_t limit = 0;
  if (info->shape == Shape::kPlain) return SaveWithDict(object, own, saved);
  if (info->shape == Shape::kSlots) {
    limit = static_cast<Py_ssize_t>(info->slots.size());
    for (const Slot& slot : info->slots) {
      size += SlotValue(object, slot) != nullptr;
    }
    step = Step::kSlots;
  } else {
    size = PyTuple_GET_SIZE(object);
    MarkOpen(object, IsUnique(object, own));
  }
  *saved = true;
  Frame* frame = Push(step, object, own);
  frame->size = size;
  frame->limit = limit;
  return Enter();
}

ObjectWalker::Result ObjectWalker::SaveWithDict(PyObject* object,
                                                Py_ssize_t own, bool* saved) {
  InstanceFields fields;
  AttributeKinds kinds;
  Py_ssize_t size = 0;
  PyObject* dict = InstanceFields::FindDict(object);
  if (dict == nullptr) {
    if (!fields.Find(object)) return Result::kDone;
    if (options_.keeps_memo && fields.size() != 0) {
      // The next pickle may hold the __dict__. Making it may run foreign code:
      // what the attributes are is seen afterwards.
      dict = MakeDict(object);
      *saved = dict == nullptr;
      if (*saved) return Result::kFailed;
    }
  }
  if (dict != nullptr) {
    if (!PyDict_CheckExact(dict)) return Result::kDone;
    size = PyDict_GET_SIZE(dict);
    Py_ssize_t position = 0;
    PyObject* name;
    PyObject* value;
    while (PyDict_Next(dict, &position, &name, &value)) kinds.Add(name, value);
  } else {
    size = fields.size();
    for (Py_ssize_t i = 0; i != size; ++i) {
      kinds.Add(fields.name(i), fields.value(i));
    }
  }
  if (kinds.special()) return Result::kDone;
  *saved = true;
  const uint32_t type =
      emitter_.IndexOf(reinterpret_cast<PyObject*>(Py_TYPE(object)));
  if (kinds.flat() && type < kOpen && PairsAreFlat() && !options_.keeps_memo &&
      size < kBatch && (dict == nullptr || Py_REFCNT(dict) == 1)) {
    SaveFlatInstance(object, own, type, dict, fields);
    return Result::kDone;
  }
  Frame* frame =
      Push(dict == nullptr ? Step::kFields : Step::kInstanceDict, object, own);
  frame->size = size;
  return Enter();
}

void ObjectWalker::SaveFlatInstance(PyObject* object, Py_ssize_t own,
                                    uint32_t type, PyObject* dict,
                                    const InstanceFields& fields) {
  uint8_t* at = emitter_.NextBoundary(emitter_.cursor());
  at = emitter_.NextBoundary(Atoms::PutGet(at, type));
  at = Atoms::PutOp(at, Opcode::EMPTY_TUPLE);
  at = Atoms::PutOp(at, Opcode::NEWOBJ);
  at = PutMemoize(at, object, IsUnique(object, own));
  const Py_ssize_t size =
      dict == nullptr ? fields.size() : PyDict_GET_SIZE(dict);
  if (size != 0) {
    at = Atoms::PutOp(emitter_.NextBoundary(at), Opcode::EMPTY_DICT);
    // Without a __dict__ nobody can refer to it.
    at = PutMemoize(at, dict, /*unique=*/true);
    if (size != 1) at = Atoms::PutOp(at, Opcode::MARK);
    if (dict == nullptr) {
      for (Py_ssize_t i = 0; i != size; ++i) {
        at = PutFlatPair(at, fields.name(i), fields.value(i), kNeverUnique);
      }
    } else {
      Py_ssize_t position = 0;
      PyObject* name;
      PyObject* value;
      while (PyDict_Next(dict, &position, &name, &value)) {
        at = PutFlatPair(at, name, value, OwnOfKeys(dict));
      }
    }
    at = Atoms::PutOp(at, size == 1 ? Opcode::SETITEM : Opcode::SETITEMS);
    at = Atoms::PutOp(at, Opcode::BUILD);
  }
  emitter_.set_cursor(at);
}

// The __dict__ of an instance that has none yet, borrowed.
PyObject* ObjectWalker::MakeDict(PyObject* object) {
  const Handle held = Handle::Share(object);
  log_.Settle();
  if (!Well()) return nullptr;
  const Handle dict(PyObject_GenericGetDict(object, nullptr));
  return dict.get();
}

// The object is made of its class and arguments that are on the stack.
void ObjectWalker::MakeTop() {
  Frame* frame = top_;
  emitter_.Emit(Opcode::NEWOBJ);
  Memoize(frame->object, IsUnique(frame->object, frame->own + 1),
          frame->in_temporary);
}

// The dict of the state, which nobody else has.
void ObjectWalker::OpenState() {
  emitter_.EmitEmptyDict();
  NoteTemporary();
  if (top_->size > 1) emitter_.Emit(Opcode::MARK);
}

void ObjectWalker::CloseState() {
  emitter_.StartClosing();
  emitter_.Emit(top_->size == 1 ? Opcode::SETITEM : Opcode::SETITEMS);
}

ObjectWalker::Result ObjectWalker::FailChanged() {
  top_->stage = kInstanceChanged;
  log_.Settle();
  PyErr_SetString(PyExc_RuntimeError, "attributes changed during iteration");
  return Result::kFailed;
}

const Slot* ObjectWalker::SlotOf(PyObject* object, size_t index) const {
  const TypeInfo* info = state_.types.FindKnown(Py_TYPE(object));
  return info != nullptr && index < info->slots.size() ? &info->slots[index]
                                                       : nullptr;
}

void ObjectWalker::NoteMadeDict(Frame* frame) {
  if (frame->step != Step::kFields || frame->stage != kInstanceItems ||
      frame->first != nullptr) {
    return;
  }
  PyObject* dict = InstanceFields::FindDict(frame->object);
  if (dict == nullptr) return;
  const auto index = static_cast<size_t>(frame->limit);
  emitter_.Remember(dict, log_.first() + index);
  log_.NoteLate(index, dict);
  frame->first = NewRef(dict);
}

void ObjectWalker::NoteMadeDicts() {
  dicts_noted_at_ = log_.settles();
  Frame* last = top_ - std::min(top_ - frames_.data(), kMaxAsked);
  for (Frame* frame = top_; frame != last; --frame) NoteMadeDict(frame);
}

bool ObjectWalker::FindFields(Frame* frame, InstanceFields* fields) {
  if (frame->first == nullptr && !fields->Find(frame->object)) {
    NoteMadeDict(frame);
    if (frame->first == nullptr) return false;
  }
  if (frame->first != nullptr && !fields->FindIn(frame->first)) return false;
  return fields->size() == frame->size;
}

// frame->limit is where the state stands in the log; first is the __dict__, if
// it was made meanwhile.
ObjectWalker::Result ObjectWalker::StepFields() {
  Frame* frame = top_;
  InstanceFields fields;
  bool found = false;
  uint64_t found_at = 0;
  // Foreign code may run where a value starts: nothing is kept over that.
  const auto find = [&] {
    if (found && lazy_ && log_.settles() == found_at) return true;
    found_at = log_.settles();
    found = FindFields(frame, &fields);
    return found;
  };
  if (frame->stage == kInstanceState) {
    if (InstanceFields::FindDict(frame->object) != nullptr) {
      frame->step = Step::kInstanceDict;
      return StepInstanceDict();
    }
    emitter_.StartValue();
    frame->limit = static_cast<Py_ssize_t>(log_.size());
    OpenState();
    frame->stage = kInstanceItems;
  }
  while (frame->next != frame->size) {
    emitter_.StartValue();
    if (!find()) return FailChanged();
    PyObject* name = fields.name(frame->next);
    if (!PyUnicode_CheckExact(name)) return FailChanged();
    if (SaveStr(name, kNeverUnique) == Result::kFailed) return Result::kFailed;
    emitter_.StartValue();
    if (!find()) return FailChanged();
    const Result result = Save(fields.value(frame->next++), 1);
    if (result != Result::kDone) return result;
    frame = top_;
  }
  CloseState();
  emitter_.Emit(Opcode::BUILD);
  return Pop();
}

ObjectWalker::Result ObjectWalker::StepInstanceDict() {
  Frame* frame = top_;
  if (frame->stage == kInstanceState) {
    // The instance could get another one.
    PyObject* dict = InstanceFields::FindDict(frame->object);
    if (dict == nullptr) return FailChanged();
    frame->stage = kInstanceItems;
    frame->first = NewRef(dict);
    const Result result = SaveHeld(dict, 2);
    if (result != Result::kDone) return result;
  }
  emitter_.StartClosing();
  emitter_.Emit(Opcode::BUILD);
  return Pop();
}

ObjectWalker::Result ObjectWalker::StepSlots() {
  Frame* frame = top_;
  PyObject* object = frame->object;
  if (frame->stage == kInstanceState) {
    // The state is (None, slots).
    emitter_.StartValue();
    emitter_.StartValue();
    emitter_.EmitNone();
    emitter_.StartValue();
    OpenState();
    frame->stage = kInstanceItems;
  }
  while (frame->next != frame->limit) {
    // Foreign code may run where a value starts: nothing is kept over that.
    const auto index = static_cast<size_t>(frame->next++);
    if (SlotOf(object, index) == nullptr) return FailChanged();
    if (SlotValue(object, *SlotOf(object, index)) == nullptr) continue;
    emitter_.StartValue();
    if (SlotOf(object, index) == nullptr) return FailChanged();
    if (Save(SlotOf(object, index)->name.get(), kNeverUnique) ==
        Result::kFailed) {
      return Result::kFailed;
    }
    emitter_.StartValue();
    const Slot* slot = SlotOf(object, index);
    if (slot == nullptr || SlotValue(object, *slot) == nullptr) {
      return FailChanged();
    }
    const Result result = Save(SlotValue(object, *slot), 1);
    if (result != Result::kDone) return result;
    frame = top_;
  }
  CloseState();
  emitter_.StartClosing();
  emitter_.Emit(Opcode::TUPLE2);
  NoteTemporary();
  emitter_.Emit(Opcode::BUILD);
  return Pop();
}

ObjectWalker::Result ObjectWalker::StepNamedTuple() {
  Frame* frame = top_;
  PyObject* object = frame->object;
  if (frame->stage == kInstanceMake) {
    emitter_.StartValue();
    frame->stage = kInstanceItems;
    if (frame->size == 0) {
      emitter_.EmitEmptyTuple();
    } else {
      emitter_.OpenTuple(static_cast<size_t>(frame->size));
    }
  }
  while (frame->next != frame->size) {
    const Result result = SaveHeld(PyTuple_GET_ITEM(object, frame->next++), 1);
    if (result != Result::kDone) return result;
    frame = top_;
  }
  emitter_.StartClosing();
  if (frame->size != 0) {
    emitter_.CloseTuple(static_cast<size_t>(frame->size));
    NoteTemporary();
  }
  const bool unique = IsUnique(object, frame->own + 1);
  if (WasMemoized(object, unique)) {
    emitter_.Emit(Opcode::NEWOBJ);
    emitter_.Emit(Opcode::POP);
    EmitKnownSlow(object);
    return Pop();
  }
  MakeTop();
  return Pop();
}

template <ObjectWalker::Result (ObjectWalker::*kRest)()>
ObjectWalker::Result ObjectWalker::StepInstance() {
  if (top_->stage == kInstanceClass) {
    top_->stage = kInstanceMake;
    auto* type = reinterpret_cast<PyObject*>(Py_TYPE(top_->object));
    emitter_.StartValue();
    if (!EmitKnownSlow(type)) {
      const Result result = Save(type, kNeverUnique);
      if (result != Result::kDone) return result;
    }
  }
  if (kRest != &ObjectWalker::StepNamedTuple && top_->stage == kInstanceMake) {
    emitter_.StartValue();
    emitter_.EmitEmptyTuple();
    MakeTop();
    if (top_->size == 0) return Pop();
    top_->stage = kInstanceState;
  }
  return (this->*kRest)();
}

template ObjectWalker::Result
ObjectWalker::StepInstance<&ObjectWalker::StepFields>();
template ObjectWalker::Result
ObjectWalker::StepInstance<&ObjectWalker::StepInstanceDict>();
template ObjectWalker::Result
ObjectWalker::StepInstance<&ObjectWalker::StepSlots>();
template ObjectWalker::Result
ObjectWalker::StepInstance<&ObjectWalker::StepNamedTuple>();

}  // namespace pickle5::python
