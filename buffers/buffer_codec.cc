#include "buffers/buffer_codec.h"

namespace pickle5 {

BufferCodec::~BufferCodec() = default;

}  // namespace pickle5
