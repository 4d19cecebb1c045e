#include "pickle/python/dump/file_writer.h"

#include "absl/status/status.h"
#include "pickle/python/handle.h"

namespace pickle5::python {

bool FileWriter::Put(std::string_view head, std::string_view payload) {
  listener_.BeforeForeignCode();
  if (!head.empty() && !CallWithCopy(head)) return false;
  if (payload.empty()) return true;
  return payload_object_ != nullptr ? Call(payload_object_)
                                    : CallWithCopy(payload);
}

bool FileWriter::CallWithCopy(std::string_view bytes) {
  Handle copied(PyBytes_FromStringAndSize(
      bytes.data(), static_cast<Py_ssize_t>(bytes.size())));
  if (!copied) return Fail(absl::ResourceExhaustedError("no memory"));
  return Call(copied.get());
}

bool FileWriter::Call(PyObject* bytes) {
  Handle result(PyObject_CallFunctionObjArgs(write_, bytes, nullptr));
  return result ? true : Fail(absl::UnknownError("write() has failed"));
}

}  // namespace pickle5::python
