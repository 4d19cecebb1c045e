#ifndef PICKLE5_TESTS_BUFFERS_CHILD_PROCESS_H_
#define PICKLE5_TESTS_BUFFERS_CHILD_PROCESS_H_

#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

namespace pickle5 {

// A forked process that runs a function and ends with what it returns. It is
// killed, at the latest, when this dies.
class ChildProcess {
 public:
  explicit ChildProcess(const std::function<int()>& run) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::_exit(run());
  }
  ChildProcess(ChildProcess&& other) noexcept
      : pid_(std::exchange(other.pid_, -1)) {}
  ~ChildProcess() { Kill(); }

  pid_t pid() const { return pid_; }

  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }

  // What it ended with; nothing if a signal ended it, or it had to be killed
  // after so many seconds.
  std::optional<int> Wait(double seconds = 20) {
    const auto end = std::chrono::steady_clock::now() +
                     std::chrono::duration<double>(seconds);
    int status = 0;
    for (;;) {
      const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
      if (ended == pid_) break;
      if (std::chrono::steady_clock::now() > end) {
        Kill();
        return std::nullopt;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    pid_ = -1;
    if (!WIFEXITED(status)) return std::nullopt;
    return WEXITSTATUS(status);
  }

 private:
  pid_t pid_;
};

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_CHILD_PROCESS_H_
