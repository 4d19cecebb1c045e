#ifndef PICKLE5_BUFFERS_BYTES_MEMORY_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_BYTES_MEMORY_BYTE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/export.h"

namespace pickle5 {

// Writes into one growing block of memory, which Reset() keeps for reuse.
//
// Lifetime: written() lives until the next write, Reset() or TakeBuffer().
// Cost:     fresh memory is never cleared; growing is geometric.
class PICKLE5_EXPORT MemoryByteWriter final : public ByteWriter {
 public:
  explicit MemoryByteWriter(size_t initial_capacity = kDefaultBufferSize)
      : initial_capacity_(initial_capacity) {}
  ~MemoryByteWriter() override;

  // Everything up to the cursor; after a failure, what came before it.
  std::string_view written() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return {reinterpret_cast<const char*>(start()), held()};
  }

  // Empties the writer and forgets a failure; the block is kept.
  void Reset() { Restart(); }

  // Moves what was written into a Buffer without a copy, and resets.
  [[nodiscard]] absl::StatusOr<Buffer> TakeBuffer();

 protected:
  bool ReserveMore(size_t length) override;
  bool WriteThrough(std::string_view payload) override;
  bool FlushHeld() override;
  bool Finish() override;

 private:
  size_t initial_capacity_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_BYTES_MEMORY_BYTE_WRITER_H_
