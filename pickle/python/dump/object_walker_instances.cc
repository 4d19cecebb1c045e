// Instances of classes that reduce as object does, without the reduction.

#include <utility>

#include "pickle/python/dump/flat_values.h"
#include "pickle/python/dump/instance_fields.h"
#include "pickle/python/dump/object_walker.h"
#include "pickle/python/dump/walk_stages.h"

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

// How many slots are set.
Py_ssize_t CountSlots(PyObject* object, const TypeInfo& info) {
  Py_ssize_t count = 0;
  for (const Slot& slot : info.slots) {
    count += SlotValue(object, slot) != nullptr;
  }
  return count;
}

}  // namespace

void ObjectWalker::LetGo(Handle held) {
  if (Py_REFCNT(held.get()) == 1) orphan_ = std::move(held);
}

int ObjectWalker::HasReducer(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  if (lazy_ && type == unregistered_ && log_.settles() == unregistered_at_) {
    return 0;
  }
  // Keys of the table may have code of their own.
  Handle held = Handle::Share(object);
  const int found =
      PyDict_Contains(instance_table_, reinterpret_cast<PyObject*>(type));
  LetGo(std::move(held));
  if (found == 0) {
    unregistered_ = type;
    unregistered_at_ = log_.settles();
  }
  return found;
}

const TypeInfo* ObjectWalker::FindInfo(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  const TypeInfo* info = state_.types.FindKnown(type);
  if (info != nullptr && (info->shape == Shape::kOther || info->IsAsListed())) {
    return info;
  }
  Handle held = Handle::Share(object);
  log_.Settle();
  if (!Well()) return nullptr;
  state_.types.Find(state_, type);
  LetGo(std::move(held));
  return state_.types.FindKnown(type);
}

ObjectWalker::Result ObjectWalker::SaveInstance(PyObject* object,
                                                Py_ssize_t own, bool* saved) {
  *saved = false;
  if (instance_table_ == nullptr ||
      !PyType_HasFeature(Py_TYPE(object), Py_TPFLAGS_HEAPTYPE)) {
    return Result::kDone;
  }
  const TypeInfo* info = FindInfo(object);
  if (info == nullptr) {
    *saved = !Well();
    return *saved ? Result::kFailed : Result::kDone;
  }
  if (info->shape == Shape::kOther) return Result::kDone;
  const int registered = HasReducer(object);
  if (registered != 0) {
    *saved = registered < 0;
    return *saved ? Result::kFailed : Result::kDone;
  }
  // The table may have run code.
  info = state_.types.FindKnown(Py_TYPE(object));
  if (info == nullptr || info->shape == Shape::kOther) return Result::kDone;
  if (info->shape == Shape::kPlain) return SaveWithDict(object, own, saved);
  *saved = true;
  if (info->shape == Shape::kSlots) {
    Frame* frame = Push(Step::kSlots, object, own);
    frame->size = CountSlots(object, *info);
    frame->limit = static_cast<Py_ssize_t>(info->slots.size());
    // It is called for the class, too.
    if (options_.reducer_override != nullptr) {
      log_.Settle();
      KeepSlots(frame);
    }
  } else {
    MarkOpen(object, IsUnique(object, own));
    Push(Step::kNamedTuple, object, own)->size = PyTuple_GET_SIZE(object);
  }
  return Enter();
}

ObjectWalker::Result ObjectWalker::SaveWithDict(PyObject* object,
                                                Py_ssize_t own, bool* saved) {
  InstanceFields fields;
  AttributeKinds kinds;
  Handle made;
  PyObject* dict = InstanceFields::FindDict(object);
  if (dict == nullptr) {
    if (!fields.Find(object)) return Result::kDone;
    if (options_.keeps_memo && fields.size() != 0) {
      // The next pickle may hold the __dict__. Making it may run foreign code:
      // what the attributes are is seen afterwards.
      made = MakeDict(object);
      dict = made.get();
      *saved = dict == nullptr;
      if (*saved) return Result::kFailed;
    }
  }
  Py_ssize_t size;
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
  if (dict == nullptr) {
    Push(Step::kFields, object, own)->size = size;
  } else {
    // The instance may get another one.
    Frame* frame = Push(Step::kInstanceDict, object, own);
    frame->size = size;
    frame->first = NewRef(dict);
  }
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

// The __dict__ of an instance that has none yet.
Handle ObjectWalker::MakeDict(PyObject* object) {
  Handle held = Handle::Share(object);
  log_.Settle();
  if (!Well()) return Handle();
  Handle dict(PyObject_GenericGetDict(object, nullptr));
  LetGo(std::move(held));
  return dict;
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

// --- What is kept of open instances ------------------------------------------

void ObjectWalker::StartItems(Frame* frame) {
  frame->stage = kInstanceItems;
  if (frame->first == nullptr) log_.set_unkept(log_.unkept() + 1);
}

ObjectWalker::Result ObjectWalker::PopUnkept() {
  if (top_->first == nullptr) log_.set_unkept(log_.unkept() - 1);
  return Pop();
}

void ObjectWalker::KeepOpen() {
  const NoCollection no_collection;
  if (!no_collection.works()) return;
  size_t left = log_.unkept();
  size_t failed = 0;
  for (Frame* frame = top_; left != 0 && frame != frames_.data(); --frame) {
    const bool unkept =
        (frame->step == Step::kFields || frame->step == Step::kSlots) &&
        frame->stage == kInstanceItems && frame->first == nullptr;
    if (!unkept) continue;
    --left;
    if (!Keep(frame)) ++failed;
  }
  log_.set_unkept(failed);
}

// Without memory the instance is walked on as it is.
bool ObjectWalker::Keep(Frame* frame) {
  // An exception may be set: objects end.
  PyObject* type;
  PyObject* value;
  PyObject* traceback;
  PyErr_Fetch(&type, &value, &traceback);
  const bool kept =
      frame->step == Step::kFields ? KeepFields(frame) : KeepSlots(frame);
  PyErr_Restore(type, value, traceback);
  return kept;
}

// frame->limit is where the state stands in the log; from now on it is the
// position of the next item.
bool ObjectWalker::KeepFields(Frame* frame) {
  Handle dict(PyObject_GenericGetDict(frame->object, nullptr));
  if (!dict || !PyDict_CheckExact(dict.get()) ||
      PyDict_GET_SIZE(dict.get()) != frame->size) {
    PyErr_Clear();
    return false;
  }
  const auto index = static_cast<size_t>(frame->limit);
  emitter_.Remember(dict.get(), log_.first() + index);
  log_.NoteLate(index, dict.get());
  Py_ssize_t position = 0;
  PyObject* name;
  PyObject* value;
  for (Py_ssize_t i = 0; i != frame->next; ++i) {
    PyDict_Next(dict.get(), &position, &name, &value);
  }
  frame->limit = position;
  if (PyDict_Next(dict.get(), &position, &name, &value)) {
    frame->limit = position - 1;
  }
  frame->first = dict.release();
  return true;
}

bool ObjectWalker::KeepSlots(Frame* frame) {
  Handle dict(PyDict_New());
  bool good = static_cast<bool>(dict);
  for (Py_ssize_t i = frame->next; good && i != frame->limit; ++i) {
    const Slot* slot = SlotOf(frame->object, static_cast<size_t>(i));
    good = slot != nullptr;
    PyObject* value = good ? SlotValue(frame->object, *slot) : nullptr;
    if (value != nullptr) {
      good = PyDict_SetItem(dict.get(), slot->name.get(), value) == 0;
    }
  }
  if (!good) {
    PyErr_Clear();
    return false;
  }
  frame->first = dict.release();
  return true;
}

ObjectWalker::Result ObjectWalker::WalkKept(Py_ssize_t position, Handle value) {
  PyObject* dict = top_->first;
  top_->stage = kInstanceKept;
  Frame* frame = Push(Step::kDict, dict, kNeverUnique);
  frame->single = top_[-1].size == 1;
  // The __dict__ may have changed since; that of the slots has what is left.
  frame->size =
      top_[-1].step == Step::kFields ? top_[-1].size : PyDict_GET_SIZE(dict);
  frame->limit = frame->single ? 1 : kBatch;
  frame->left = frame->size - frame->limit;
  frame->next = position;
  if (value) {
    --frame->limit;
    ++frame->next;
    frame->stage = kDictKey;
    frame->first = value.release();
  }
  const Result result = Enter();
  return result == Result::kDone ? TakeStep() : result;
}

// --- Fields and slots --------------------------------------------------------

// frame->limit is where the state stands in the log.
ObjectWalker::Result ObjectWalker::StepFields() {
  Frame* frame = top_;
  InstanceFields fields;
  bool found = false;
  uint64_t found_at = 0;
  // Foreign code may run where a value starts: nothing is kept over that.
  const auto find = [&] {
    if (found && lazy_ && log_.settles() == found_at) return true;
    found_at = log_.settles();
    found = fields.Find(frame->object) &&
            (frame->stage == kInstanceState || fields.size() == frame->size);
    return found;
  };
  if (frame->stage == kInstanceState) {
    // Code may have run while the class was saved.
    PyObject* dict = InstanceFields::FindDict(frame->object);
    if (dict != nullptr) {
      frame->step = Step::kInstanceDict;
      frame->first = NewRef(dict);
      return StepInstanceDict();
    }
    if (!find()) return FailChanged();
    frame->size = fields.size();
    if (frame->size == 0) return Pop();
    emitter_.StartValue();
    frame->limit = static_cast<Py_ssize_t>(log_.size());
    OpenState();
    StartItems(frame);
  }
  while (frame->stage == kInstanceItems) {
    // Behind the last item, too: a dict that has changed is refused there.
    if (frame->first != nullptr && frame->size != 1) {
      return WalkKept(frame->limit, Handle());
    }
    if (frame->next == frame->size) break;
    emitter_.StartValue();
    if (frame->first != nullptr) return WalkKept(frame->limit, Handle());
    if (!find()) return FailChanged();
    // Both are held while a file's write() may run.
    const Handle name = Handle::Share(fields.name(frame->next));
    Handle value;
    if (careful_) value = Handle::Share(fields.value(frame->next));
    if (SaveStr(name.get(), kNeverUnique) == Result::kFailed) {
      return Result::kFailed;
    }
    emitter_.StartValue();
    if (frame->first != nullptr)
      return WalkKept(frame->limit, std::move(value));
    value.Reset();
    if (!find()) return FailChanged();
    const Result result = Save(fields.value(frame->next++), 1);
    if (result != Result::kDone) return result;
    frame = top_;
  }
  if (frame->stage == kInstanceItems) CloseState();
  emitter_.StartClosing();
  emitter_.Emit(Opcode::BUILD);
  return PopUnkept();
}

ObjectWalker::Result ObjectWalker::StepInstanceDict() {
  Frame* frame = top_;
  if (frame->stage == kInstanceState) {
    frame->stage = kInstanceItems;
    const Result result = SaveHeld(frame->first, 2);
    if (result != Result::kDone) return result;
  }
  emitter_.StartClosing();
  emitter_.Emit(Opcode::BUILD);
  return Pop();
}

ObjectWalker::Result ObjectWalker::StepSlots() {
  Frame* frame = top_;
  if (frame->stage == kInstanceState) {
    // Code may have run while the class was saved.
    const TypeInfo* info = state_.types.FindKnown(Py_TYPE(frame->object));
    if (frame->first == nullptr) {
      if (info == nullptr ||
          static_cast<Py_ssize_t>(info->slots.size()) != frame->limit) {
        return FailChanged();
      }
      frame->size = CountSlots(frame->object, *info);
      if (frame->size == 0) return Pop();
    }
    // The state is (None, slots).
    emitter_.StartValue();
    emitter_.StartValue();
    emitter_.EmitNone();
    emitter_.StartValue();
    OpenState();
    StartItems(frame);
  }
  // Foreign code may run where a value starts: nothing is kept over that.
  const Slot* slot;
  const auto find = [&] {
    slot = SlotOf(frame->object, static_cast<size_t>(frame->next));
    return slot != nullptr && SlotValue(frame->object, *slot) != nullptr;
  };
  while (frame->stage == kInstanceItems && frame->next != frame->limit) {
    if (frame->first != nullptr && PyDict_GET_SIZE(frame->first) == 0) break;
    if (frame->first == nullptr && !find() && slot != nullptr) {
      ++frame->next;
      continue;
    }
    emitter_.StartValue();
    if (frame->first != nullptr) return WalkKept(0, Handle());
    if (!find()) return FailChanged();
    const Handle name = Handle::Share(slot->name.get());
    Handle value;
    if (careful_) value = Handle::Share(SlotValue(frame->object, *slot));
    if (SaveStr(name.get(), kNeverUnique) == Result::kFailed) {
      return Result::kFailed;
    }
    emitter_.StartValue();
    if (frame->first != nullptr) return WalkKept(0, std::move(value));
    value.Reset();
    if (!find()) return FailChanged();
    ++frame->next;
    const Result result = Save(SlotValue(frame->object, *slot), 1);
    if (result != Result::kDone) return result;
    frame = top_;
  }
  if (frame->stage == kInstanceItems) CloseState();
  emitter_.StartClosing();
  emitter_.Emit(Opcode::TUPLE2);
  NoteTemporary();
  emitter_.Emit(Opcode::BUILD);
  return PopUnkept();
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
