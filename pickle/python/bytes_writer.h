#ifndef PICKLE5_PICKLE_PYTHON_BYTES_WRITER_H_
#define PICKLE5_PICKLE_PYTHON_BYTES_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "buffers/byte_writer.h"
#include "pickle/python/python_api.h"
#include "pickle/python/unlocked.h"

namespace pickle5::python {

// Writes into a bytes object. Small results are written into a block that the
// writer keeps and copied at the end; larger ones grow where they stay.
//
// Errors:  no memory is a status; no Python exception is set.
// Threads: used with the GIL held, which it lets go while it copies a payload
//          of kUnlockedCopy bytes or more.
class BytesWriter final : public ByteWriter {
 public:
  BytesWriter() = default;
  ~BytesWriter() override { Drop(); }

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

  std::unique_ptr<uint8_t[]> scratch_;
  PyObject* bytes_ = nullptr;  // the block is its contents, unless scratch_
};

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_BYTES_WRITER_H_
