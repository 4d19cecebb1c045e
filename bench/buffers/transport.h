#ifndef PICKLE5_BENCH_BUFFERS_TRANSPORT_H_
#define PICKLE5_BENCH_BUFFERS_TRANSPORT_H_

#include <memory>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/system/owned_fd.h"

namespace pickle5::bench {

// One way for a buffer from one process to another, as either of them has it.
class Transport {
 public:
  virtual ~Transport() = default;

  // In the sender: the whole way of one object, up to the receiver.
  [[nodiscard]] virtual absl::Status Send(const Buffer& object) = 0;
  // In the receiver: the object, not looked at yet. It is gone before the next
  // call.
  [[nodiscard]] virtual absl::StatusOr<Buffer> Receive() = 0;
};

// Makes either side of it. `socket` is one end of a pair of Unix stream
// sockets.
using MakeTransport = std::unique_ptr<Transport> (*)(OwnedFd socket);

// A new transport is one file with its Make..., declared here, and one row of
// the table in hand_over_bench.cc.
std::unique_ptr<Transport> MakeArenaReadonly(OwnedFd socket);
std::unique_ptr<Transport> MakeArenaWritable(OwnedFd socket);
std::unique_ptr<Transport> MakeMemfd(OwnedFd socket);
std::unique_ptr<Transport> MakeSocket(OwnedFd socket);

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_BUFFERS_TRANSPORT_H_
