#include "bench/buffers/peer_process.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <iostream>
#include <utility>

#include "bench/buffers/object.h"
#include "bench/buffers/process_memory.h"

namespace pickle5::bench {
namespace {

std::array<OwnedFd, 2> Connected() {
  std::array<int, 2> fds = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) != 0) {
    return {};
  }
  return {OwnedFd(fds[0]), OwnedFd(fds[1])};
}

// The receiver: reads objects and replies until its sender goes away.
[[noreturn]] void Serve(Transport& transport, int replies) {
  for (;;) {
    const uint64_t anon = AnonymousMemory();
    const absl::StatusOr<Buffer> object = transport.Receive();
    if (!object.ok()) {
      if (!absl::IsOutOfRange(object.status())) {
        std::cerr << "receiver: " << object.status() << "\n";
      }
      ::_exit(0);
    }
    Reply reply;
    reply.sum = SumOfLines(*object);
    const uint64_t grown = AnonymousMemory();
    reply.anon_grown = grown > anon ? grown - anon : 0;
    if (::write(replies, &reply, sizeof(reply)) != sizeof(reply)) ::_exit(1);
    char go = 0;
    if (::read(replies, &go, 1) != 1) ::_exit(0);
  }
}

}  // namespace

std::unique_ptr<PeerProcess> PeerProcess::Start(MakeTransport make) {
  std::array<OwnedFd, 2> messages = Connected();
  std::array<OwnedFd, 2> replies = Connected();
  if (!messages[0].valid() || !replies[0].valid()) return nullptr;
  const pid_t pid = ::fork();
  if (pid < 0) return nullptr;
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    messages[0] = OwnedFd();
    replies[0] = OwnedFd();
    const std::unique_ptr<Transport> transport = make(std::move(messages[1]));
    Serve(*transport, replies[1].get());
  }
  std::unique_ptr<PeerProcess> peer(new PeerProcess);
  peer->pid_ = pid;
  peer->transport_ = make(std::move(messages[0]));
  peer->replies_ = std::move(replies[0]);
  return peer;
}

PeerProcess::~PeerProcess() {
  transport_.reset();
  replies_ = OwnedFd();
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
}

std::optional<Reply> PeerProcess::WaitForReply() {
  Reply reply;
  if (::read(replies_.get(), &reply, sizeof(reply)) != sizeof(reply)) {
    return std::nullopt;
  }
  return reply;
}

bool PeerProcess::Continue() { return ::write(replies_.get(), "", 1) == 1; }

}  // namespace pickle5::bench
