#ifndef PICKLE5_PICKLE_CLI_CONFORM_PEER_H_
#define PICKLE5_PICKLE_CLI_CONFORM_PEER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "buffers/system/owned_fd.h"

namespace pickle5::cli {

// The implementation under test: a program that answers lines with lines.
//
// It is started anew for the question behind one at which it died or was
// silent for too long.
// Threads: thread-compatible.
class ConformPeer {
 public:
  explicit ConformPeer(std::vector<std::string> command)
      : command_(std::move(command)) {}
  ~ConformPeer() { Stop(); }
  ConformPeer(const ConformPeer&) = delete;
  ConformPeer& operator=(const ConformPeer&) = delete;

  // Its answer, without the newline. Aborted if it ended instead,
  // DeadlineExceeded if it took too long; else what starting it gave.
  absl::StatusOr<std::string> Ask(const std::string& request);

 private:
  absl::Status Start();
  void Stop();

  std::vector<std::string> command_;
  pid_t child_ = -1;
  OwnedFd in_;   // its standard input
  OwnedFd out_;  // its standard output
};

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_CONFORM_PEER_H_
