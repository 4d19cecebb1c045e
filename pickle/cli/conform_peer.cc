#include "pickle/cli/conform_peer.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"

extern char** environ;

namespace pickle5::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kPatience = std::chrono::seconds(10);

// Waits for `events` until the time is up. False: it is.
bool Wait(int fd, short events, Clock::time_point end) {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - Clock::now());
    if (left.count() <= 0) return false;
    pollfd poll_fd = {fd, events, 0};
    const int ready = ::poll(&poll_fd, 1, static_cast<int>(left.count()));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

}  // namespace

absl::Status ConformPeer::Start() {
  std::array<int, 2> in = {-1, -1};
  std::array<int, 2> out = {-1, -1};
  if (::pipe2(in.data(), O_CLOEXEC) != 0) return IoStatus(errno, "pipe");
  OwnedFd in_read(in[0]);
  OwnedFd in_write(in[1]);
  if (::pipe2(out.data(), O_CLOEXEC) != 0) return IoStatus(errno, "pipe");
  OwnedFd out_read(out[0]);
  OwnedFd out_write(out[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in_read.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out_write.get(), STDOUT_FILENO);
  std::vector<char*> arguments;
  for (std::string& argument : command_) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  const int error = ::posix_spawnp(&child_, arguments[0], &actions, nullptr,
                                   arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    child_ = -1;
    return IoStatus(error, command_[0]);
  }
  in_ = std::move(in_write);
  out_ = std::move(out_read);
  ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
  return absl::OkStatus();
}

void ConformPeer::Stop() {
  in_ = OwnedFd();
  out_ = OwnedFd();
  if (child_ <= 0) return;
  ::kill(child_, SIGKILL);
  ::waitpid(child_, nullptr, 0);
  child_ = -1;
}

absl::StatusOr<std::string> ConformPeer::Ask(const std::string& request) {
  if (child_ <= 0) {
    if (absl::Status status = Start(); !status.ok()) return status;
  }
  const Clock::time_point end = Clock::now() + kPatience;
  const std::string line = request + "\n";
  size_t written = 0;
  std::string answer;
  std::array<char, 1 << 14> part;
  while (answer.empty() || answer.back() != '\n') {
    const bool writing = written < line.size();
    const int fd = writing ? in_.get() : out_.get();
    if (!Wait(fd, writing ? POLLOUT : POLLIN, end)) {
      Stop();
      return absl::DeadlineExceededError("no answer in time");
    }
    const ssize_t n =
        writing ? ::write(fd, line.data() + written, line.size() - written)
                : ::read(fd, part.data(), part.size());
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) {
      Stop();
      return absl::AbortedError("ended without an answer");
    }
    if (writing) {
      written += static_cast<size_t>(n);
    } else {
      answer.append(part.data(), static_cast<size_t>(n));
    }
  }
  answer.pop_back();
  return answer;
}

}  // namespace pickle5::cli
