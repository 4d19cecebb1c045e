#ifndef PICKLE5_PICKLE_PYTHON_LOAD_LOAD_SESSION_H_
#define PICKLE5_PICKLE_PYTHON_LOAD_LOAD_SESSION_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pickle/machine/machine.h"
#include "pickle/protocol/detached_payload.h"
#include "pickle/python/load/file_input.h"
#include "pickle/python/load/py_builder.h"
#include "pickle/python/module_state.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// Loads pickles into Python objects, and keeps the memory for the next one.
//
// Errors:  a Python exception is set.
// Threads: used with the GIL held. Not re-entrant: owners see to that.
class LoadSession {
 public:
  explicit LoadSession(ModuleState* state)
      : state_(*state), builder_(state), machine_(&builder_) {
    builder_.set_machine(&machine_);
  }
  LoadSession(const LoadSession&) = delete;
  LoadSession& operator=(const LoadSession&) = delete;

  // The bytes must stay. May throw std::bad_alloc, as all of these.
  PyObject* LoadBytes(const uint8_t* data, size_t size,
                      const LoadOptions& options);
  // The memo goes on from the load before.
  PyObject* LoadFile(FileInput& input, const LoadOptions& options);

  // Buffers become memoryviews, all other payloads what the opcodes make.
  PyObject* LoadDetached(const DetachedPickle& pickle,
                         const LoadOptions& options);

  // The protocol of the pickle, as far as it is known.
  int protocol() const { return machine_.protocol(); }

  // {index: object}
  PyObject* CopyMemo() const;
  // Takes over such a dict.
  bool SetMemo(PyObject* dict);
  void ForgetMemo() {
    machine_.memo.Clear();
    builder_.guard().Forget();
  }
  // Forgets everything, and gives up memory that is large.
  void Clear();
  int TraverseMemo(visitproc visit, void* arg) const;

 private:
  // Larger memories are not kept between loads.
  static constexpr uint64_t kKeptMemo = uint64_t{1} << 16;

  void Start(const LoadOptions& options, bool has_text);
  PyObject* Finish(internal::Flow flow);
  // Runs to the opcode that ends at `end` and gives it its payload.
  bool TakeDetached(const uint8_t* begin, const uint8_t* end,
                    const DetachedPayload& payload);
  PyObject* MakeDetached(Opcode opcode, const DetachedPayload& payload);
  PyObject* RunFile(FileInput& input);
  // One step of RunFile() that did not stop: false at an error.
  bool Continue(FileInput& input, internal::Flow flow);
  // Leaves the input behind the opcode that failed, as CPython does.
  void LeaveAtError(FileInput& input);
  static bool CheckPayloadSize(uint64_t size);
  bool DeliverBytes(FileInput& input);
  // *delivered: false if the payload must be pulled.
  bool DeliverText(FileInput& input, bool* delivered);
  PyObject* ReadAscii(FileInput& input, size_t size);
  bool ReadPayload(FileInput& input, uint64_t size, bool as_bytes,
                   PyObject** made);
  void SetException();
  void SetTruncated();
  // Refuses the length that the opcode at hand declares, if no memory can be
  // that large: nothing of its bytes is waited for.
  bool CheckDeclaredLength();
  // The lines of the opcode at hand, which are there, and what follows them.
  std::string_view Lines() const;
  void SetBadString();
  bool NeedsLine() const;

  ModuleState& state_;
  PyBuilder builder_;
  internal::Machine<PyBuilder> machine_;
  bool at_end_ = false;  // the input has given all it has
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_LOAD_LOAD_SESSION_H_
