#ifndef PICKLE5_BUFFERS_SYSTEM_RECEIVE_MEMORY_H_
#define PICKLE5_BUFFERS_SYSTEM_RECEIVE_MEMORY_H_

#include <cstddef>
#include <memory>

#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/export.h"

namespace pickle5 {

// Memory for received payloads: it is not cleared, its pages
// are taken only when bytes arrive, and that is used again.
//
// From kLargeBytes on a block is a mapping of its own, on huge pages where the
// kernel has them. When its last Buffer dies it is kept for the next payload of
// like size, and its pages are the kernel's to take back meanwhile (MADV_FREE):
// the first touch of fresh pages costs about as much as the bytes' way through
// the socket.
//
// Ownership: Buffers may outlive this object; their blocks are then freed with
//            them.
// Errors:    ResourceExhausted.
// Threads:   thread-compatible; its Buffers may die on any thread, and while
//            another thread forks.
class PICKLE5_EXPORT ReceiveMemory {
 public:
  // A huge page of x86-64.
  static constexpr size_t kLargeBytes = size_t{2} << 20;
  static constexpr size_t kDefaultMaxIdleBytes = size_t{1} << 30;

  // Keeps no more than so many bytes of blocks that nobody uses.
  explicit ReceiveMemory(size_t max_idle_bytes = kDefaultMaxIdleBytes);
  ~ReceiveMemory();
  ReceiveMemory(ReceiveMemory&&) noexcept;
  ReceiveMemory& operator=(ReceiveMemory&&) noexcept;

  // Writable, aligned to Buffer::kAlignment. A recycled block holds what was
  // received before: hand out nothing that was not overwritten.
  [[nodiscard]] absl::StatusOr<Buffer> Allocate(size_t nbytes);

  // Bytes of blocks that are kept for later.
  size_t idle_bytes() const;

 private:
  class Blocks;

  size_t max_idle_bytes_;
  std::shared_ptr<Blocks> blocks_;  // made with the first large block
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_SYSTEM_RECEIVE_MEMORY_H_
