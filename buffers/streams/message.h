#ifndef PICKLE5_BUFFERS_STREAMS_MESSAGE_H_
#define PICKLE5_BUFFERS_STREAMS_MESSAGE_H_

#include <memory>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// A pickle and its out-of-band buffers, on their way from one process to
// another.
struct Message {
  Buffer pickle;
  std::vector<Buffer> buffers;
  // To be sent in the place of `buffers`: sealed shared memory that holds them
  // (MemfdSink::TakeFd()), for a peer on the same host.
  std::shared_ptr<const OwnedFd> memory = nullptr;
  // Received: `buffers` are views of such memory.
  bool is_mapped = false;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_STREAMS_MESSAGE_H_
