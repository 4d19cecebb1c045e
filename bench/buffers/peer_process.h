#ifndef PICKLE5_BENCH_BUFFERS_PEER_PROCESS_H_
#define PICKLE5_BENCH_BUFFERS_PEER_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "bench/buffers/transport.h"
#include "buffers/system/owned_fd.h"

namespace pickle5::bench {

// What a receiver says of one object.
struct Reply {
  uint64_t sum = 0;         // SumOfLines()
  uint64_t anon_grown = 0;  // private memory that it took
};

// A receiver in a process of its own, which ends when this dies.
class PeerProcess {
 public:
  // Forks; the child never returns.
  static std::unique_ptr<PeerProcess> Start(MakeTransport make);
  ~PeerProcess();

  Transport& transport() { return *transport_; }
  pid_t pid() const { return pid_; }

  // Waits for the reply to one object, which the receiver holds until
  // Continue(). Nothing if it failed.
  std::optional<Reply> WaitForReply();
  bool Continue();

 private:
  PeerProcess() = default;

  pid_t pid_ = -1;
  std::unique_ptr<Transport> transport_;
  OwnedFd replies_;
};

}  // namespace pickle5::bench

#endif  // PICKLE5_BENCH_BUFFERS_PEER_PROCESS_H_
