#ifndef PICKLE5_BUFFERS_SYSTEM_PARALLEL_COPY_H_
#define PICKLE5_BUFFERS_SYSTEM_PARALLEL_COPY_H_

#include <cstddef>
#include <cstdint>
#include <span>

namespace pickle5 {

// As memcpy(), with several processors where the bytes are many: one of them
// does not fill the memory's bandwidth.
void ParallelCopy(uint8_t* to, std::span<const uint8_t> from);

// How many threads it takes for so many bytes on so many processors.
size_t CopyThreads(size_t bytes, size_t processors);

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_PARALLEL_COPY_H_
