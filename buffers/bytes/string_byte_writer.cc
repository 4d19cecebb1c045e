#include "buffers/bytes/string_byte_writer.h"

#include <new>

#include "buffers/io_status.h"

namespace pickle5 {

bool StringByteWriter::Put(std::string_view head, std::string_view payload) {
  try {
    destination_->append(head);
    destination_->append(payload);
    return true;
  } catch (const std::bad_alloc&) {
    return Fail(OutOfMemoryStatus());
  }
}

}  // namespace pickle5
