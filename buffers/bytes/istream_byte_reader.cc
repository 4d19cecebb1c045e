#include "buffers/bytes/istream_byte_reader.h"

#include <algorithm>
#include <exception>
#include <streambuf>

#include "buffers/io_status.h"

namespace pickle5 {

size_t IstreamByteReader::ReadSource(uint8_t* destination, size_t min_bytes,
                                     size_t max_bytes) {
  std::streambuf* const source = stream_->rdbuf();
  size_t count = 0;
  try {
    if (source == nullptr) return 0;
    char* const out = reinterpret_cast<char*>(destination);
    count = static_cast<size_t>(
        source->sgetn(out, static_cast<std::streamsize>(min_bytes)));
    if (count < min_bytes) {
      stream_->setstate(std::ios_base::eofbit);
      return count;
    }
    // More only if the stream buffer has it: sgetn() waits for all it is
    // asked for.
    const std::streamsize more = std::min(
        source->in_avail(), static_cast<std::streamsize>(max_bytes - count));
    if (more > 0) {
      count += static_cast<size_t>(source->sgetn(out + count, more));
    }
  } catch (const std::ios_base::failure&) {
    // setstate() throws where the program asked the stream to; the end of the
    // input is no failure here.
  } catch (const std::bad_alloc&) {
    Fail(OutOfMemoryStatus());
  } catch (...) {
    Fail(absl::UnknownError("the input stream threw an exception"));
  }
  return count;
}

}  // namespace pickle5
