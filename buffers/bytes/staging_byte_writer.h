#ifndef PICKLE5_BUFFERS_BYTES_STAGING_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_BYTES_STAGING_BYTE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "buffers/bytes/byte_writer.h"
#include "buffers/export.h"

namespace pickle5 {

// A ByteWriter whose bytes wait in a block of fixed size and go on to the
// destination when it is full. The block grows only where an anchor or a
// reservation asks for more.
class PICKLE5_EXPORT StagingByteWriter : public ByteWriter {
 protected:
  explicit StagingByteWriter(size_t buffer_size);

  // Hands `head` and then `payload` to the destination, whole; either may be
  // empty. False after Fail().
  virtual bool Put(std::string_view head, std::string_view payload) = 0;

  // Called once by Close() after the last Put().
  bool Finish() override;

 private:
  bool ReserveMore(size_t length) final;
  bool WriteThrough(std::string_view payload) final;
  bool FlushHeld() final;

  // Bytes before the anchor, which may go.
  size_t flushable() const;

  size_t buffer_size_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_STAGING_BYTE_WRITER_H_
