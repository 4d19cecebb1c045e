#ifndef PICKLE5_PICKLE_PYTHON_DUMP_OBJECT_WALKER_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_OBJECT_WALKER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "buffers/bytes/byte_writer.h"
#include "buffers/sink.h"
#include "pickle/emitter/emitter.h"
#include "pickle/emitter/payload_store.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/python/dump/bytes_writer.h"
#include "pickle/python/dump/file_writer.h"
#include "pickle/python/dump/reference_log.h"
#include "pickle/python/handle.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

class FailureNotes;
class InstanceFields;

// How a Pickler was set up. All references are borrowed for the dump.
struct DumpOptions {
  int protocol = 4;
  bool fix_imports = true;
  bool fast = false;
  bool binary = true;  // Pickler.bin; of protocol 0 it is false
  // The memo is to be read by others, or to serve the next pickle.
  bool keeps_memo = false;
  PyObject* buffer_callback = nullptr;
  PyObject* persistent_id = nullptr;
  PyObject* reducer_override = nullptr;
  PyObject* dispatch_table = nullptr;  // nullptr: copyreg's
  // For archives: take the payloads of the pickle (payload_store.h), and hear
  // which of them are buffers.
  PayloadStore* payload_store = nullptr;
  BufferSink* buffer_sink = nullptr;
};

// Walks Python objects in the order of their opcodes and tells the Emitter, as
// save() of _pickle.c does, byte for byte.
//
// Containers stand as Frames on a stack of the walker's own, so that depth
// costs memory only; the C++ stack is used for a few levels, for speed.
//
// Memo: objects with one reference are noted, not entered (ReferenceLog). That
// is safe because of four rules. A tuple, frozenset or reduced object that
// others refer to is marked in the memo while it is open, and if it is met
// again everything noted is entered, and so is every object from then on: only
// such an object can be walked twice. Foreign code, which includes whatever
// allocates an object that the garbage collector tracks, runs after
// BeforeForeignCode() only. What a reduction made and nobody else refers to
// (`temporary`) dies with it, so that it is not even noted. A frame whose
// object would die with it enters what was noted below it first.
//
// Errors:  a Python exception is set.
// Threads: used with the GIL held. Not re-entrant: owners see to that.
class ObjectWalker final : private ForeignCodeListener, private OpenObjects {
 public:
  explicit ObjectWalker(ModuleState* state);
  ObjectWalker(const ObjectWalker&) = delete;
  ObjectWalker& operator=(const ObjectWalker&) = delete;
  ~ObjectWalker() { ForgetMemo(); }

  // Writes a pickle of `object` to bytes.
  PyObject* DumpToBytes(PyObject* object, const DumpOptions& options);
  // The same to a file.
  bool DumpToFile(PyObject* object, PyObject* write,
                  const DumpOptions& options);
  // The same to a writer that runs no foreign code; it is not flushed.
  bool DumpToWriter(PyObject* object, ByteWriter& writer,
                    const DumpOptions& options) {
    file_ = nullptr;
    return Dump(object, writer, options);
  }

  // Others set Pickler.fast or Pickler.bin while the walk is at work: it is in
  // force at once.
  void SetForms(bool fast, bool binary);

  void ForgetMemo();
  // {id(object): (index, object)}
  PyObject* CopyMemo() const;
  // Takes over such a dict; only its values count.
  bool SetMemo(PyObject* dict);
  int TraverseMemo(visitproc visit, void* arg) const;
  size_t memory_used() const { return emitter_.memory_used(); }

 private:
  enum class Result : uint8_t {
    kDone,    // the object is written
    kPushed,  // a frame is on top that will write it
    kFailed,
  };

  enum class Step : uint8_t {
    kBottom,
    kList,
    kListItems,
    kTuple,
    kDict,
    kDictItems,
    kSet,
    kFrozenSet,
    kReduce,
    kFields,
    kInstanceDict,
    kSlots,
    kNamedTuple,
    kGlobal,
    kGetattrChain,
    kPersistentId,
  };

  struct Frame {
    Step step;
    uint8_t stage;
    bool temporary;     // what is met in it and has no other reference is
    bool in_temporary;  // it was met in such a one
    bool single;        // the batch is one APPEND or SETITEM; in a reduction
                        // that the reducer was asked for it
    Py_ssize_t own;     // references that the walk knows of, without its own
    PyObject* object;   // these three are owned, or nullptr
    PyObject* first;
    PyObject* second;
    Py_ssize_t next;
    Py_ssize_t limit;
    Py_ssize_t size;
    Py_ssize_t left;  // of a dict or set: entries in no batch yet
  };

  static constexpr Py_ssize_t kBatch = 1000;  // BATCHSIZE of _pickle.c
  static constexpr uint32_t kOpen = static_cast<uint32_t>(Memo::kMaxIndex);
  static constexpr Py_ssize_t kNeverUnique = -1;  // as `own`
  // As `own` of a dict's keys: a class's instances may have them in common, and
  // one reference for all.
  static Py_ssize_t OwnOfKeys(PyObject* dict) {
    const auto* values = reinterpret_cast<PyDictObject*>(dict)->ma_values;
    return values == nullptr ? 1 : kNeverUnique;
  }
  static constexpr int kMaxNesting = 12;
  static constexpr int kFastNesting = 50;  // FAST_NESTING_LIMIT
  static constexpr int kMinReductions = 10000;
  // The bytes that are kept for the memo of the next pickle.
  static constexpr size_t kKeptMemory = size_t{6} << 20;

  // --- object_walker.cc: the walk ------------------------------------------

  bool Dump(PyObject* object, ByteWriter& writer, const DumpOptions& options);
  // May throw std::bad_alloc.
  bool DumpAll(PyObject* object, ByteWriter& writer,
               const DumpOptions& options);
  // Gives up what failed, while its writer is there.
  void Abandon();
  PyObject* FindInstanceTable() const;
  bool WalkAll(PyObject* object);
  bool SetStatusException(const absl::Status& status);
  void Unwind();

  // Saves an object that `own` references of the walk's containers, or of the
  // walk itself, hold. The object must stay alive until foreign code runs.
  // StartValue() comes before it.
  Result Save(PyObject* object, Py_ssize_t own, bool ask_id = true);
  Result SaveOther(PyObject* object, Py_ssize_t own);
  // The same with StartValue(), for objects that a frame holds.
  Result SaveHeld(PyObject* object, Py_ssize_t own) {
    emitter_.StartValue();
    return Save(object, own);
  }

  // Pushes a frame of a new reference to `object`.
  Frame* Push(Step step, PyObject* object, Py_ssize_t own);
  // Takes the steps of the top frame, here or in the loop of WalkAll().
  Result Enter();
  Result TakeStep();
  Result Pop();
  void GrowFrames();
  // Ends a reference of a frame's, which it has.
  void Release(PyObject*& held);
  // Fails unless the emitter is well: to be called before foreign code, which
  // must not run while an exception is set.
  bool Well() { return ABSL_PREDICT_TRUE(emitter_.ok()); }
  void BeforeForeignCode() override { log_.Settle(); }

  // --- The memo -------------------------------------------------------------

  bool IsUnique(PyObject* object, Py_ssize_t own) const {
    return lazy_ && Py_REFCNT(object) == own;
  }
  // Writes the GET of an object that was memoized; false if it was not.
  bool EmitKnown(PyObject* object, bool unique) {
    return ABSL_PREDICT_FALSE(!unique) && EmitKnownSlow(object);
  }
  bool EmitKnownSlow(PyObject* object);
  // Returns whether an object that is being closed was memoized meanwhile.
  bool WasMemoized(PyObject* object, bool unique) const {
    return !unique && emitter_.IndexOf(object) < kOpen;
  }
  // A shared object is opened that will be memoized when it is closed.
  void MarkOpen(PyObject* object, bool unique) {
    if (!unique && lazy_ && emitter_.IndexOf(object) == Memo::kAbsent) {
      emitter_.Remember(object, kOpen);
    }
  }
  void Memoize(PyObject* object, bool unique, bool temporary);
  // Only while lazy_.
  void Note(PyObject* object, bool unique) {
    if (!unique) emitter_.Remember(object);
    log_.Note(object, !unique);
  }
  void NoteInTemporary(PyObject* object, bool unique);

  // --- object_walker_text.cc -----------------------------------------------

  Result SaveStr(PyObject* text, Py_ssize_t own);
  Result SaveLongStr(PyObject* text, bool unique);
  // What the str holds as it is to be written; without data if nothing.
  std::string_view HeldUtf8(PyObject* text);
  // Encodes it. False: an exception is set.
  bool EmitEncoded(PyObject* text);

  // --- object_walker_atoms.cc ----------------------------------------------

  Result SaveInt(PyObject* number);
  Result SaveBytes(PyObject* bytes, Py_ssize_t own);
  Result SaveByteArray(PyObject* bytes, Py_ssize_t own);
  Result SavePickleBuffer(PyObject* buffer, Py_ssize_t own);
  bool NoteLayout(const Py_buffer& view);
  // `callers`: the references that end with the call.
  Result EmitBytes(PyObject* object, std::string_view bytes, bool readonly,
                   Py_ssize_t own, Py_ssize_t callers);

  // --- object_walker_containers.cc -----------------------------------------

  Result SaveList(PyObject* list, Py_ssize_t own);
  Result SaveTuple(PyObject* tuple, Py_ssize_t own);
  Result SaveDict(PyObject* dict, Py_ssize_t own);
  Result SaveSet(PyObject* set, Py_ssize_t own);
  Result SaveFrozenSet(PyObject* set, Py_ssize_t own);
  Result SaveSetAsReduction(PyObject* set, PyTypeObject* type, Py_ssize_t own);
  // The items of a batch follow: of a list from frame->next on, of a dict or
  // set the next ones of frame->left.
  void OpenListBatch(Frame* frame);
  void OpenDictBatch(Frame* frame);
  void OpenSetBatch(Frame* frame);
  Result FailSizeChanged(const char* text);
  Result StepList();
  Result StepTuple();
  Result StepDict();
  Result StepSet();
  Result StepFrozenSet();
  // In `fast` mode, where nothing is memoized: refuses cycles.
  bool EnterFast(PyObject* container);
  void LeaveFast(PyObject* container);

  // --- object_walker_runs.cc -----------------------------------------------

  // Returns whether texts may stand in runs, which only note them.
  bool RunsHoldTexts() const {
    return lazy_ && !top_->temporary && emitter_.forms() >= 4;
  }
  // The same where nothing is looked at again behind a value.
  bool PairsAreFlat() const { return !careful_ && RunsHoldTexts(); }
  // Saves items of one kind of the top frame's list, from its next one on, as
  // far as it can.
  void SaveRun();
  template <class Put>
  void SaveListRun(Put put);
  // Writes for runs: each function writes at a cursor and returns the next one.
  // Precondition: RunsHoldTexts().
  uint8_t* PutMemoize(uint8_t* at, PyObject* object, bool unique) {
    Note(object, unique);
    emitter_.set_memo_count(emitter_.memo_count() + 1);
    return Atoms::PutOp(at, Opcode::MEMOIZE);
  }
  uint8_t* PutNewText(uint8_t* at, PyObject* text, bool unique);
  uint8_t* PutText(uint8_t* at, PyObject* text, bool unique);
  // The object IsFlat(); `own` references of the walk's hold it.
  uint8_t* PutFlat(uint8_t* at, PyObject* object, Py_ssize_t own);
  // A text, which `own` references of the walk's hold, and such an object.
  uint8_t* PutFlatPair(uint8_t* at, PyObject* key, PyObject* value,
                       Py_ssize_t own);

  // --- object_walker_items.cc: items of iterators --------------------------

  Result PushItems(Step step, PyObject* iterator);
  bool BeginBatch(Frame* frame);
  bool NextOfBatch(Frame* frame);
  bool EndBatch(Frame* frame);
  Result StepItems();
  // The next item as a new reference; nullptr at the end or with an exception.
  PyObject* NextItem(PyObject* iterator);

  // --- object_walker_reduce.cc ---------------------------------------------

  Result SaveObject(PyObject* object, Py_ssize_t own);
  // Take over `reduced`, what a reducer returned. `own` does not count the
  // handle.
  Result SaveReduced(Handle object, PyObject* reduced, Py_ssize_t own);
  // `asked`: the object's reducer was asked for it.
  Result PushReduction(Handle object, PyObject* reduced, Py_ssize_t own,
                       bool asked = false);
  bool CheckReduction(PyObject* reduced);
  bool ChooseCall(Frame* frame, PyObject* callable, PyObject* arguments);
  bool CheckNewObj(Frame* frame, PyObject* arguments);
  bool CheckNewObjEx(PyObject* arguments);
  bool MakePartial(Frame* frame, PyObject* arguments);
  Result StepReduce();
  // False: the object is complete, as it was memoized meanwhile.
  bool MemoizeReduced(Frame* frame);
  PyObject* CallReducer(PyObject* object, bool* is_class);
  Result SavePersistentId(PyObject* object, bool* saved);
  Result StepPersistentId();
  bool CountReduction();

  // --- object_walker_leaves.cc ---------------------------------------------

  // Saves an object of a type that is known to reduce to a call of what is in
  // the memo, with arguments that hold no other objects. False: it was not.
  bool SaveLeaf(PyObject* object, Py_ssize_t own);
  bool SaveDatetime(PyObject* object, Py_ssize_t own);
  template <size_t kSize>
  bool SaveState(PyObject* object, Py_ssize_t own, const uint8_t (&data)[kSize],
                 size_t fold_byte, PyObject* tzinfo);
  bool SaveTimedelta(PyObject* object, Py_ssize_t own);
  bool SaveArray(PyObject* object, Py_ssize_t own);
  void EmitArray(const Py_buffer& view, const uint32_t (&known)[3]);
  void EmitKnownArgument(uint32_t index) {
    emitter_.StartValue();
    emitter_.EmitGet(index);
  }
  void EmitIntArgument(int64_t value) {
    emitter_.StartValue();
    emitter_.EmitInt(value);
  }
  // Ends the arguments and makes the object.
  void CallWith(size_t arguments, PyObject* object, Py_ssize_t own);

  // --- object_walker_instances.cc ------------------------------------------

  // Returns whether instance_table_ has a reducer of the class, whose metaclass
  // is type; -1: an exception is set.
  int HasReducer(PyObject* object);
  // What is known of the class, or found out; nullptr: an exception is set, or
  // nothing can be.
  const TypeInfo* FindInfo(PyObject* object);
  // Gives back the reference that a borrowed object was held by while foreign
  // code ran. If it is the last one the walk keeps it, in the place of the
  // container's.
  void LetGo(Handle held);
  // *saved: the instance is of a kind that needs no reduction.
  Result SaveInstance(PyObject* object, Py_ssize_t own, bool* saved);
  // The class and the construction, which all have in common, then the rest.
  template <Result (ObjectWalker::*kRest)()>
  Result StepInstance();
  Result SaveWithDict(PyObject* object, Py_ssize_t own, bool* saved);
  // Without a frame, one whose attributes are flat, in its __dict__ or, if
  // that is nullptr, in fields. `type`: the class's index.
  void SaveFlatInstance(PyObject* object, Py_ssize_t own, uint32_t type,
                        PyObject* dict, const InstanceFields& fields);
  Handle MakeDict(PyObject* object);
  void MakeTop();
  void OpenState();
  void CloseState();
  Result FailChanged();
  // Foreign code is about to run, but none does here. What is still to be
  // written of the instances that are open gets into frame->first, as a
  // reduction would hold it: their
  // __dict__, or a dict of their slots.
  void KeepOpen() override;
  bool Keep(Frame* frame);
  bool KeepFields(Frame* frame);
  bool KeepSlots(Frame* frame);
  // The items of a frame that may have to be kept; it is popped.
  void StartItems(Frame* frame);
  Result PopUnkept();
  // Goes on with the items of the dict that was kept, from `position` on.
  // `value`: what the name that was written belongs to, or nothing.
  Result WalkKept(Py_ssize_t position, Handle value);
  // nullptr: the class has changed.
  const Slot* SlotOf(PyObject* object, size_t index) const;
  Result StepFields();
  Result StepInstanceDict();
  Result StepSlots();
  Result StepNamedTuple();
  // Memoizes what only CPython's reduction would hold.
  void NoteTemporary() {
    if (ABSL_PREDICT_FALSE(options_.fast)) return;
    log_.NoteNobody();
    emitter_.Memoize();
  }

  // --- object_walker_global.cc ---------------------------------------------

  Result SaveType(PyObject* type, Py_ssize_t own);
  // `name` as a reducer gave it, or nullptr.
  Result SaveGlobal(PyObject* object, PyObject* name);
  bool EmitExtension(PyObject* object, PyObject* module, PyObject* name,
                     bool* emitted);
  bool EmitGlobalLines(PyObject* module, PyObject* name);
  // Pushes a frame that writes a name with dots before protocol 4.
  Result SaveDottedGlobal(PyObject* object, PyObject* module, PyObject* names,
                          PyObject* parent);
  Result StepGetattrChain();
  Result StepGlobal();

  // --- object_walker_notes.cc ----------------------------------------------

  // Says in the exception that is set what is being written.
  void NoteFailure();
  void NoteFrame(const Frame& frame, FailureNotes& notes) const;
  void NoteInstance(const Frame& frame, FailureNotes& notes) const;
  void NoteReduction(const Frame& frame, FailureNotes& notes) const;
  // The same of an object that has no frame yet.
  void NoteNoReduction(PyObject* object) const;

  ModuleState& state_;
  DumpOptions options_;
  uint64_t dump_ = 0;  // its number
  Emitter emitter_;
  ReferenceLog log_;
  // Objects with one reference need no entry in the memo's table.
  bool lazy_ = false;
  // Of reducers, where instances may need none; nullptr: they all do.
  PyObject* instance_table_ = nullptr;
  // A class that had none there after so many settles of the log.
  PyTypeObject* unregistered_ = nullptr;
  uint64_t unregistered_at_ = 0;
  // An instance that was taken out of its container before it had a frame.
  Handle orphan_;
  // Foreign code may run between any two values.
  bool careful_ = false;
  FileWriter* file_ = nullptr;
  int nesting_ = 0;
  int reductions_ = 0;  // open ones
  int max_reductions_ = 0;
  Frame* top_ = nullptr;
  Frame* frames_end_ = nullptr;
  std::vector<Frame> frames_;
  // The objects that SetMemo() was given, before the log's.
  std::vector<std::pair<PyObject*, uint32_t>> primed_;
  int fast_nesting_ = 0;
  internal::HashSet<PyObject*> fast_open_;
  BytesWriter bytes_writer_;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_OBJECT_WALKER_H_
