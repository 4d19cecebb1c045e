#ifndef PICKLE5_PICKLE_PYTHON_DUMP_BYTES_WRITER_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_BYTES_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "buffers/bytes/byte_writer.h"
#include "pickle/python/python_api.h"
#include "pickle/python/unlocked.h"

namespace pickle5::python {

// Writes into a bytes object. Small results are written into one that the
// writer keeps and copied at the end; others stay where they are.
//
// Errors:  no memory is a status; no Python exception is set.
// Threads: used with the GIL held, which it lets go while it copies a payload
//          of kUnlockedCopy bytes or more.
class BytesWriter final : public ByteWriter {
 public:
  BytesWriter() = default;
  ~BytesWriter() override {
    Drop();
    Py_CLEAR(scratch_);
  }

  // The bytes written, and ready for the next ones. nullptr: an exception is
  // set.
  PyObject* Take();
  // Drops what was written, and ready for the next ones.
  void Drop();

 protected:
  bool ReserveMore(size_t length) override;
  bool WriteThrough(std::string_view payload) override;
  bool FlushHeld() override { return true; }
  bool Finish() override { return true; }
  void* ReallocateBlock(void* block, size_t capacity) override;

 private:
  // A frame, its header, and the room that a framer asks for behind it.
  static constexpr size_t kScratch = size_t{72} << 10;
  // Copying up to so many bytes costs less than a new scratch_.
  static constexpr size_t kCopied = size_t{4} << 10;

  // What a framer asks for behind a payload, in whole pages.
  static constexpr size_t kBehind = size_t{4} << 10;
  // So many bytes of a large result may stay behind it. glibc hands out a freed
  // block again, whose pages are there, only if it is as large as the next one
  // that is asked for, before that is cut to its size.
  static constexpr size_t kSpared = kBehind;

  // The block is the contents of bytes_, or if that is nullptr, of scratch_.
  PyObject* scratch_ = nullptr;
  PyObject* bytes_ = nullptr;
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_BYTES_WRITER_H_
