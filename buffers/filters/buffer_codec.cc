#include "buffers/filters/buffer_codec.h"

namespace pickle5 {

BufferCodec::~BufferCodec() = default;

}  // namespace pickle5
