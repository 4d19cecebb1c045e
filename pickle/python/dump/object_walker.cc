#include "pickle/python/dump/object_walker.h"

#include <algorithm>
#include <limits>
#include <new>

#include "absl/base/attributes.h"

namespace pickle5::python {

ObjectWalker::ObjectWalker(ModuleState* state)
    : state_(*state), log_(&emitter_, this), frames_(8) {
  top_ = frames_.data();
  frames_end_ = top_ + frames_.size();
  *top_ = {};
}

PyObject* ObjectWalker::DumpToBytes(PyObject* object,
                                    const DumpOptions& options) {
  file_ = nullptr;
  if (!Dump(object, bytes_writer_, options)) {
    bytes_writer_.Drop();
    return nullptr;
  }
  return bytes_writer_.Take();
}

bool ObjectWalker::DumpToFile(PyObject* object, PyObject* write,
                              const DumpOptions& options) {
  FileWriter writer(write, this);
  file_ = &writer;
  const bool done = Dump(object, writer, options);
  file_ = nullptr;
  return done;
}

bool ObjectWalker::Dump(PyObject* object, ByteWriter& writer,
                        const DumpOptions& options) {
  try {
    if (DumpAll(object, writer, options)) return true;
  } catch (const std::bad_alloc&) {
    // Is raised below, unless what failed first was raised already.
  }
  Abandon();
  if (!PyErr_Occurred()) PyErr_NoMemory();
  return false;
}

bool ObjectWalker::DumpAll(PyObject* object, ByteWriter& writer,
                           const DumpOptions& options) {
  options_ = options;
  dump_ = ++state_.dumps;
  // Hooks see every object, and may keep it.
  const bool usual = options.binary == (options.protocol > 0);
  lazy_ = !options.fast && usual && options.persistent_id == nullptr &&
          options.reducer_override == nullptr;
  instance_table_ = FindInstanceTable();
  unregistered_ = nullptr;
  careful_ = file_ != nullptr || options.persistent_id != nullptr;
  nesting_ = reductions_ = fast_nesting_ = 0;
  max_reductions_ = std::max(Py_GetRecursionLimit(), kMinReductions);
  if (!options.keeps_memo) ForgetMemo();
  emitter_.StartNext(writer, options.protocol, options.payload_store);
  emitter_.set_binary(options.binary);
  if (!WalkAll(object)) return false;
  const absl::Status status = emitter_.Finish();
  if (!status.ok()) return SetStatusException(status);
  if (file_ != nullptr && !file_->Close()) {
    return SetStatusException(file_->status());
  }
  if (options.keeps_memo) {
    log_.Settle();
  } else {
    ForgetMemo();
  }
  // Last: what was noted of it may die with it.
  orphan_.Reset();
  return true;
}

// A persistent_id sees all that a reduction makes; a table of another type may
// answer differently each time.
PyObject* ObjectWalker::FindInstanceTable() const {
  if (options_.fast || !options_.binary || options_.persistent_id != nullptr ||
      options_.protocol < 2) {
    return nullptr;
  }
  PyObject* table = options_.dispatch_table;
  if (table == nullptr) return state_.dispatch_table;
  return PyDict_CheckExact(table) ? table : nullptr;
}

void ObjectWalker::SetForms(bool fast, bool binary) {
  if (fast == options_.fast && binary == options_.binary) return;
  options_.fast = fast;
  options_.binary = binary;
  emitter_.set_binary(binary);
  lazy_ = false;
  instance_table_ = nullptr;
}

void ObjectWalker::Abandon() {
  log_.DropUnsettled();
  // Where a file failed is not where the walk was.
  if (PyErr_Occurred() && Well()) NoteFailure();
  // References end and code may run: the exception waits.
  PyObject* type;
  PyObject* value;
  PyObject* traceback;
  PyErr_Fetch(&type, &value, &traceback);
  emitter_.Abandon();
  bytes_writer_.Drop();
  Unwind();
  fast_open_.clear();
  if (!options_.keeps_memo) {
    ForgetMemo();
  } else {
    // Marks of open objects are left in the table.
    const uint64_t count = emitter_.memo_count();
    emitter_.ForgetMemo();
    emitter_.set_memo_count(count);
    for (const auto& [object, index] : primed_) {
      emitter_.Remember(object, index);
    }
    log_.ForEach([this](size_t index, PyObject* object) {
      emitter_.Remember(object, log_.first() + index);
    });
  }
  PyErr_Restore(type, value, traceback);
}

bool ObjectWalker::SetStatusException(const absl::Status& status) {
  if (PyErr_Occurred()) return false;
  if (status.code() == absl::StatusCode::kResourceExhausted) {
    PyErr_NoMemory();
  } else {
    PyErr_SetString(status.code() == absl::StatusCode::kOutOfRange
                        ? PyExc_OverflowError
                        : PyExc_RuntimeError,
                    std::string(status.message()).c_str());
  }
  return false;
}

bool ObjectWalker::WalkAll(PyObject* object) {
  emitter_.StartValue();
  Result result = Save(object, 1);
  while (top_ != frames_.data() && result != Result::kFailed && Well()) {
    nesting_ = 0;
    result = TakeStep();
  }
  if (!Well()) return SetStatusException(emitter_.Finish());
  return result != Result::kFailed;
}

void ObjectWalker::Unwind() {
  log_.set_unkept(0);
  orphan_.Reset();
  while (top_ != frames_.data()) {
    Frame frame = *top_--;
    Py_XDECREF(frame.object);
    Py_XDECREF(frame.first);
    Py_XDECREF(frame.second);
  }
}

ABSL_ATTRIBUTE_NOINLINE void ObjectWalker::GrowFrames() {
  const size_t used = static_cast<size_t>(top_ - frames_.data());
  frames_.resize(frames_.size() * 2);
  top_ = frames_.data() + used;
  frames_end_ = frames_.data() + frames_.size();
}

ObjectWalker::Frame* ObjectWalker::Push(Step step, PyObject* object,
                                        Py_ssize_t own) {
  if (ABSL_PREDICT_FALSE(top_ + 1 == frames_end_)) GrowFrames();
  const bool in_temporary = top_->temporary;
  Frame* frame = ++top_;
  frame->step = step;
  frame->stage = 0;
  frame->single = false;
  frame->in_temporary = in_temporary;
  frame->temporary = in_temporary && object != nullptr && IsUnique(object, own);
  frame->own = own;
  Py_XINCREF(object);
  frame->object = object;
  frame->first = nullptr;
  frame->second = nullptr;
  frame->next = 0;
  return frame;
}

void ObjectWalker::Release(PyObject*& held) {
  PyObject* object = std::exchange(held, nullptr);
  // What was noted below it may be about to die, or code to run.
  if (Py_REFCNT(object) == 1) log_.Settle();
  Py_DECREF(object);
}

ObjectWalker::Result ObjectWalker::Pop() {
  // The frame goes first: code that runs meanwhile finds the stack in order.
  Frame frame = *top_--;
  if (frame.first != nullptr) Release(frame.first);
  if (frame.second != nullptr) Release(frame.second);
  Release(frame.object);
  return Result::kDone;
}

ObjectWalker::Result ObjectWalker::Enter() {
  if (nesting_ >= kMaxNesting) return Result::kPushed;
  ++nesting_;
  const Result result = TakeStep();
  --nesting_;
  return result;
}

ObjectWalker::Result ObjectWalker::TakeStep() {
  switch (top_->step) {
    case Step::kList:
      return StepList();
    case Step::kTuple:
      return StepTuple();
    case Step::kDict:
      return StepDict();
    case Step::kListItems:
    case Step::kDictItems:
      return StepItems();
    case Step::kSet:
      return StepSet();
    case Step::kFrozenSet:
      return StepFrozenSet();
    case Step::kReduce:
      return StepReduce();
    case Step::kGlobal:
      return StepGlobal();
    case Step::kFields:
      return StepInstance<&ObjectWalker::StepFields>();
    case Step::kInstanceDict:
      return StepInstance<&ObjectWalker::StepInstanceDict>();
    case Step::kSlots:
      return StepInstance<&ObjectWalker::StepSlots>();
    case Step::kNamedTuple:
      return StepInstance<&ObjectWalker::StepNamedTuple>();
    case Step::kGetattrChain:
      return StepGetattrChain();
    case Step::kPersistentId:
      return StepPersistentId();
    case Step::kBottom:
      break;
  }
  return Result::kFailed;
}

ObjectWalker::Result ObjectWalker::Save(PyObject* object, Py_ssize_t own,
                                        bool ask_id) {
  if (ABSL_PREDICT_FALSE(options_.persistent_id != nullptr) && ask_id) {
    // It may take the object out of its container.
    const Handle held = Handle::Share(object);
    bool saved;
    const Result result = SavePersistentId(object, &saved);
    if (saved || result == Result::kFailed) return result;
    return Save(object, kNeverUnique, /*ask_id=*/false);
  }
  PyTypeObject* type = Py_TYPE(object);
  if (type == &PyUnicode_Type) return SaveStr(object, own);
  if (type == &PyLong_Type) return SaveInt(object);
  if (type == &PyFloat_Type) {
    emitter_.EmitFloat(PyFloat_AS_DOUBLE(object));
    return Result::kDone;
  }
  if (object == Py_None) {
    emitter_.EmitNone();
    return Result::kDone;
  }
  if (type == &PyBool_Type) {
    emitter_.EmitBool(object == Py_True);
    return Result::kDone;
  }
  return SaveOther(object, own);
}

ObjectWalker::Result ObjectWalker::SaveOther(PyObject* object, Py_ssize_t own) {
  PyTypeObject* type = Py_TYPE(object);
  if (type == &PyTuple_Type && PyTuple_GET_SIZE(object) == 0) {
    // Never memoized.
    emitter_.EmitEmptyTuple();
    return Result::kDone;
  }
  if (EmitKnown(object, IsUnique(object, own))) return Result::kDone;
  if (type == &PyDict_Type) return SaveDict(object, own);
  if (type == &PyTuple_Type) return SaveTuple(object, own);
  if (type == &PyList_Type) return SaveList(object, own);
  if (type == &PyBytes_Type) return SaveBytes(object, own);
  if (type == &PySet_Type) return SaveSet(object, own);
  if (type == &PyFrozenSet_Type) return SaveFrozenSet(object, own);
  if (type == &PyByteArray_Type) return SaveByteArray(object, own);
  if (type == &PyPickleBuffer_Type) return SavePickleBuffer(object, own);
  return SaveObject(object, own);
}

ABSL_ATTRIBUTE_NOINLINE bool ObjectWalker::EmitKnownSlow(PyObject* object) {
  const uint32_t index = emitter_.IndexOf(object);
  if (index == Memo::kAbsent) return false;
  if (index == kOpen) {
    // The object contains itself: what it holds is walked twice.
    log_.Settle();
    lazy_ = false;
    return false;
  }
  emitter_.EmitGet(index);
  return true;
}

void ObjectWalker::NoteInTemporary(PyObject* object, bool unique) {
  if (unique && !options_.keeps_memo) return log_.NoteNobody();
  emitter_.Remember(object);
  log_.NoteOwned(object);
}

void ObjectWalker::Memoize(PyObject* object, bool unique, bool temporary) {
  if (ABSL_PREDICT_TRUE(lazy_ && !temporary)) {
    Note(object, unique);
  } else if (lazy_) {
    NoteInTemporary(object, unique);
  } else if (options_.fast) {
    return;
  } else {
    emitter_.Remember(object);
    log_.NoteOwned(object);
  }
  emitter_.Memoize();
}

void ObjectWalker::ForgetMemo() {
  emitter_.ForgetMemo();
  if (emitter_.memory_used() > kKeptMemory) emitter_.ReleaseMemo();
  log_.set_first(0);
  auto primed = std::exchange(primed_, {});
  log_.Clear();
  for (const auto& [object, index] : primed) Py_DECREF(object);
}

PyObject* ObjectWalker::CopyMemo() const {
  Handle dict(PyDict_New());
  if (!dict) return nullptr;
  bool good = true;
  const auto add = [&](uint64_t index, PyObject* object) {
    if (!good) return;
    Handle key(PyLong_FromVoidPtr(object));
    Handle value(
        Py_BuildValue("KO", static_cast<unsigned long long>(index), object));
    good =
        key && value && PyDict_SetItem(dict.get(), key.get(), value.get()) == 0;
  };
  for (const auto& [object, index] : primed_) add(index, object);
  // Stands for what was made for the pickle alone and is no more.
  const auto add_nobody = [&](uint64_t index) {
    const Handle stand_in(
        PyObject_CallNoArgs(reinterpret_cast<PyObject*>(&PyBaseObject_Type)));
    if (!stand_in) good = false;
    add(index, stand_in.get());
  };
  uint64_t next = 0;
  log_.ForEach([&](size_t index, PyObject* object) {
    for (; good && next < index; ++next) add_nobody(log_.first() + next);
    add(log_.first() + index, object);
    next = index + 1;
  });
  for (; good && next < log_.size(); ++next) add_nobody(log_.first() + next);
  return good ? dict.release() : nullptr;
}

bool ObjectWalker::SetMemo(PyObject* dict) {
  std::vector<std::pair<PyObject*, uint32_t>> primed;
  Py_ssize_t position = 0;
  PyObject* key;
  PyObject* value;
  while (PyDict_Next(dict, &position, &key, &value)) {
    if (!PyTuple_Check(value) || PyTuple_GET_SIZE(value) != 2) {
      PyErr_SetString(PyExc_TypeError, "'memo' values must be 2-item tuples");
      return false;
    }
    const Py_ssize_t index = PyLong_AsSsize_t(PyTuple_GET_ITEM(value, 0));
    if (index == -1 && PyErr_Occurred()) return false;
    if (index < 0 || static_cast<uint64_t>(index) >= kOpen) {
      PyErr_SetString(PyExc_OverflowError, "memo index is out of range");
      return false;
    }
    primed.emplace_back(PyTuple_GET_ITEM(value, 1),
                        static_cast<uint32_t>(index));
  }
  for (const auto& [object, index] : primed) Py_INCREF(object);
  ForgetMemo();
  primed_ = std::move(primed);
  for (const auto& [object, index] : primed_) {
    emitter_.Remember(object, index);
  }
  emitter_.set_memo_count(primed_.size());
  log_.set_first(primed_.size());
  return true;
}

int ObjectWalker::TraverseMemo(visitproc visit, void* arg) const {
  for (const auto& [object, index] : primed_) Py_VISIT(object);
  int result = 0;
  log_.ForEach([&](size_t, PyObject* object) {
    if (result == 0) result = visit(object, arg);
  });
  return result;
}

}  // namespace pickle5::python
