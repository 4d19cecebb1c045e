#include "buffers/bytes/ostream_byte_writer.h"

#include <new>
#include <streambuf>

#include "buffers/io_status.h"

namespace pickle5 {
namespace {

bool PutAll(std::streambuf* destination, std::string_view bytes) {
  const auto size = static_cast<std::streamsize>(bytes.size());
  return destination->sputn(bytes.data(), size) == size;
}

}  // namespace

bool OstreamByteWriter::Put(std::string_view head, std::string_view payload) {
  std::streambuf* const destination = stream_->rdbuf();
  try {
    if (destination != nullptr && PutAll(destination, head) &&
        PutAll(destination, payload)) {
      return true;
    }
    return Fail(absl::UnavailableError("the output stream took no more"));
  } catch (const std::bad_alloc&) {
    return Fail(OutOfMemoryStatus());
  } catch (...) {
    return Fail(absl::UnknownError("the output stream threw an exception"));
  }
}

bool OstreamByteWriter::Finish() {
  std::streambuf* const destination = stream_->rdbuf();
  try {
    if (destination != nullptr && destination->pubsync() == 0) return true;
    return Fail(absl::UnavailableError("the output stream cannot be flushed"));
  } catch (...) {
    return Fail(absl::UnknownError("the output stream threw an exception"));
  }
}

}  // namespace pickle5
