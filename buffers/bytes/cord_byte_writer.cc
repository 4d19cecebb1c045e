#include "buffers/bytes/cord_byte_writer.h"

#include <new>

#include "absl/strings/string_view.h"
#include "buffers/io_status.h"

namespace pickle5 {

bool CordByteWriter::Put(std::string_view head, std::string_view payload) {
  try {
    destination_->Append(absl::string_view(head.data(), head.size()));
    destination_->Append(absl::string_view(payload.data(), payload.size()));
    return true;
  } catch (const std::bad_alloc&) {
    return Fail(OutOfMemoryStatus());
  }
}

}  // namespace pickle5
