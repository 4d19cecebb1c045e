#ifndef PICKLE5_PICKLE_PYTHON_DUMP_FILE_WRITER_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_FILE_WRITER_H_

#include <string_view>

#include "buffers/bytes/staging_byte_writer.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

// The listener that a FileWriter calls before it runs foreign code.
class ForeignCodeListener {
 public:
  // Foreign code is about to run, and may change any object.
  virtual void BeforeForeignCode() = 0;

 protected:
  ~ForeignCodeListener() = default;
};

// Writes to a Python file, a frame at a time.
//
// Ownership: `write` and the listener are borrowed.
// Errors:    an exception of write() is left set; the status only says so.
class FileWriter final : public StagingByteWriter {
 public:
  FileWriter(PyObject* write, ForeignCodeListener* listener)
      : StagingByteWriter(kBlock), write_(write), listener_(*listener) {}

  // The object that holds the next large payload, which is then handed to
  // write() itself instead of a copy; nullptr: none does.
  void set_payload_object(PyObject* object) { payload_object_ = object; }

 protected:
  bool Put(std::string_view head, std::string_view payload) override;

 private:
  static constexpr size_t kBlock = size_t{72} << 10;

  bool Call(PyObject* bytes);
  bool CallWithCopy(std::string_view bytes);

  PyObject* write_;
  ForeignCodeListener& listener_;
  PyObject* payload_object_ = nullptr;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_FILE_WRITER_H_
