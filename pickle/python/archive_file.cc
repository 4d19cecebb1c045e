#include "pickle/python/archive_file.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "buffers/io_status.h"
#include "pickle/archive/archive_writer.h"
#include "pickle/emitter/framer.h"
#include "pickle/python/arguments.h"
#include "pickle/python/borrowed.h"
#include "pickle/python/handle.h"
#include "pickle/python/load/load_session.h"
#include "pickle/python/unlocked.h"

namespace pickle5::python {
namespace {

// Always returns false. An exception that is set already stays, unless the
// status is the system's: then it only tells that something was not written.
bool SetException(PyObject* otherwise, const absl::Status& status,
                  PyObject* path) {
  if (const std::optional<int> error_number = GetErrno(status)) {
    PyErr_Clear();
    errno = *error_number;
    PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
  } else if (PyErr_Occurred()) {
  } else if (absl::IsResourceExhausted(status)) {
    PyErr_NoMemory();
  } else {
    PyErr_Format(otherwise, "%S: %s", path,
                 std::string(status.message()).c_str());
  }
  return false;
}

bool FindName(PyObject* path, std::string* name) {
  PyObject* encoded;
  if (PyUnicode_FSConverter(path, &encoded) == 0) return false;
  const Handle held(encoded);
  name->assign(PyBytes_AS_STRING(encoded),
               static_cast<size_t>(PyBytes_GET_SIZE(encoded)));
  return true;
}

// Writes large payloads without the GIL. No object is looked for among those
// already written: the walker knows its objects by their identity, and their
// memory may be gone.
class UnlockedPayloads final : public PayloadStore {
 public:
  explicit UnlockedPayloads(ArchivePayloads* payloads) : payloads_(*payloads) {}

  std::string_view label() const override { return payloads_.label(); }
  uint64_t PaddingBefore(uint64_t pos, size_t header,
                         size_t size) const override {
    return payloads_.PaddingBefore(pos, header, size);
  }
  bool Write(Opcode opcode, std::string_view payload, uint64_t) override {
    const Unlocked unlocked(payload.size());
    return payloads_.Write(opcode, payload, Framer::kUnstored);
  }
  std::optional<uint32_t> Find(Opcode, std::string_view) override {
    return std::nullopt;
  }

 private:
  ArchivePayloads& payloads_;
};

absl::Status WriteObject(ObjectWalker& walker, PyObject* object,
                         DumpOptions options, ArchivePayloads& payloads) {
  UnlockedPayloads store(&payloads);
  options.payload_store = &store;
  options.buffer_sink = &payloads.sink();
  const bool done = walker.DumpToWriter(object, payloads.writer(), options);
  if (done || !payloads.writer().ok()) return payloads.writer().status();
  return absl::UnknownError("the object cannot be pickled");
}

}  // namespace

bool IsPath(const ModuleState& state, PyObject* argument) {
  // As os.fspath() looks it up. No exception is made where there is none.
  return PyUnicode_Check(argument) ||
         _PyType_Lookup(Py_TYPE(argument), state.str_fspath) != nullptr;
}

bool DumpToPath(const ModuleState& state, ObjectWalker& walker,
                PyObject* object, PyObject* path, DumpOptions options) {
  std::string name;
  if (!FindName(path, &name)) return false;
  options.protocol = kHighestProtocol;
  std::unique_ptr<ArchiveWriter> archive;
  absl::Status status;
  {
    const Unlocked unlocked;
    auto created = ArchiveWriter::Create(name);
    status = created.status();
    if (status.ok()) archive = *std::move(created);
  }
  if (status.ok()) {
    status = archive->WriteWith([&](ArchivePayloads& payloads) {
      return WriteObject(walker, object, options, payloads);
    });
  }
  {
    const Unlocked unlocked;
    if (status.ok()) status = archive->Close();
    archive.reset();
  }
  return status.ok() || SetException(state.pickling_error, status, path);
}

bool ParseArchiveOptions(PyObject* const* values, ArchiveOptions* options,
                         bool* given) {
  *given = values[0] != nullptr || values[1] != nullptr || values[2] != nullptr;
  bool mapped = false;
  bool verify = false;
  if (!ParseBool(values[0], &mapped) || !ParseBool(values[2], &verify)) {
    return false;
  }
  if (verify) options->check = ArchiveCheck::kPayloads;
  if (mapped) options->access = ArchiveAccess::kCopyOnWrite;
  const char* mode = nullptr;
  if (values[1] == Py_None) return true;
  if (!ParseText("load", "mode", values[1], &mode)) return false;
  if (mode == nullptr) return true;
  if (std::strcmp(mode, "copy") == 0) {
    options->access = ArchiveAccess::kCopy;
    return true;
  }
  const bool readonly = std::strcmp(mode, "r") == 0;
  if (!readonly && std::strcmp(mode, "c") != 0) {
    PyErr_Format(PyExc_ValueError, "mode must be 'r', 'c' or 'copy', not '%s'",
                 mode);
    return false;
  }
  if (!mapped) {
    PyErr_Format(PyExc_ValueError, "mode '%s' needs mmap=True", mode);
    return false;
  }
  if (readonly) options->access = ArchiveAccess::kReadOnly;
  return true;
}

PyObject* LoadFromPath(ModuleState* state, PyObject* path,
                       const ArchiveOptions& archive,
                       const LoadOptions& options) {
  std::string name;
  if (!FindName(path, &name)) return nullptr;
  DetachedPickle pickle;
  absl::Status status;
  {
    const Unlocked unlocked;
    auto reader = ArchiveReader::Open(name, archive.access);
    status = reader.status();
    if (status.ok()) {
      auto detached = reader->Detach(0, archive.check);
      status = detached.status();
      if (status.ok()) pickle = *std::move(detached);
    }
  }
  if (!status.ok()) {
    SetException(state->unpickling_error, status, path);
    return nullptr;
  }
  Borrowed<LoadSession> session(state, &ModuleState::spare_session);
  return session->LoadDetached(pickle, options);
}

}  // namespace pickle5::python
