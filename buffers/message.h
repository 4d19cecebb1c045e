#ifndef PICKLE5_BUFFERS_MESSAGE_H_
#define PICKLE5_BUFFERS_MESSAGE_H_

#include <vector>

#include "buffers/buffer.h"

namespace pickle5 {

// A pickle and its out-of-band buffers, on their way from one process to
// another.
struct Message {
  Buffer pickle;
  std::vector<Buffer> buffers;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_MESSAGE_H_
