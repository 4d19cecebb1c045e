// Loads pickles as they arrive from any number of clients, on one thread that
// never waits for any of them:
//
//   epoll_server SOCKET_PATH CLIENTS
//
// Each message (buffers/SOCKET_FORMAT.md) is answered with one that holds a
// pickle of what was loaded: its repr(), and the bytes of its buffers. It ends
// when so many clients have come and gone. epoll_client.py is one in Python.

#include <pickle5/pickle5.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <string>
#include <utility>

namespace {

using pickle5::Document;
using pickle5::StreamProgress;

class Client {
 public:
  explicit Client(pickle5::OwnedFd fd)
      : fd_(std::move(fd)), reader_(pickle5::MessageLimits::Untrusted()) {}

  int fd() const { return fd_.get(); }
  bool wants_to_write() const { return !answers_.empty(); }

  // Takes what is there and answers what is complete. False: it is over.
  bool Advance() {
    for (;;) {
      const auto progress = reader_.Advance(fd());
      if (!progress.ok()) return Fail(progress.status());
      if (*progress == StreamProgress::kEnd) return false;
      if (*progress == StreamProgress::kWouldBlock) break;
      if (!Answer(std::move(reader_.message()))) return false;
    }
    return Write();
  }

 private:
  bool Fail(const absl::Status& status) const {
    std::printf("client %d: %s\n", fd(), status.ToString().c_str());
    return false;
  }

  bool Answer(pickle5::Message message) {
    pickle5::SocketSource source(std::move(message));
    pickle5::ReadOptions options;
    options.limits = pickle5::Limits::Untrusted();
    const absl::Status loaded =
        document_.LoadBorrowed(source.pickle().chars(), options, &source);
    if (!loaded.ok()) return Fail(loaded);

    Document answer;
    pickle5::Maker make(&answer);
    answer.SetRoot(
        make.Dict({{"repr", pickle5::Repr(document_.root(),
                                          pickle5::ReprOptions::Short())},
                   {"bytes", source.counters().bytes}}));
    pickle5::MemoryByteWriter pickle;
    const absl::Status dumped = pickle5::Dump(answer, pickle);
    if (!dumped.ok()) return Fail(dumped);
    auto bytes = pickle5::Buffer::Copy(pickle.written());
    if (!bytes.ok()) return Fail(bytes.status());
    auto writer = pickle5::MessageWriter::Create({*std::move(bytes), {}});
    if (!writer.ok()) return Fail(writer.status());
    answers_.push_back(*std::move(writer));
    return true;
  }

  bool Write() {
    while (!answers_.empty()) {
      const auto progress = answers_.front().Advance(fd());
      if (!progress.ok()) return Fail(progress.status());
      if (*progress == StreamProgress::kWouldBlock) break;
      answers_.pop_front();
    }
    return true;
  }

  pickle5::OwnedFd fd_;
  pickle5::MessageReader reader_;
  Document document_;
  std::deque<pickle5::MessageWriter> answers_;
};

int Listen(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
  ::unlink(path);
  if (::bind(fd, reinterpret_cast<struct sockaddr*>(&address),
             sizeof(address)) != 0 ||
      ::listen(fd, 64) != 0) {
    std::perror(path);
    std::exit(1);
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const int listener = Listen(argv[1]);
  int clients_left = std::atoi(argv[2]);
  const int epoll = ::epoll_create1(0);
  struct epoll_event watch = {};
  watch.events = EPOLLIN;
  watch.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &watch);
  std::map<int, Client> clients;
  std::puts("listening");
  std::fflush(stdout);

  while (clients_left > 0) {
    struct epoll_event events[16];
    const int count = ::epoll_wait(epoll, events, 16, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        pickle5::OwnedFd accepted(
            ::accept4(fd, nullptr, nullptr, SOCK_NONBLOCK));
        if (!accepted.valid()) continue;
        const int number = accepted.get();
        watch.data.fd = number;
        watch.events = EPOLLIN;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, number, &watch);
        clients.emplace(number, Client(std::move(accepted)));
        continue;
      }
      Client& client = clients.at(fd);
      if (!client.Advance()) {
        clients.erase(fd);  // closes it, so that epoll forgets it
        --clients_left;
        continue;
      }
      watch.data.fd = fd;
      watch.events = client.wants_to_write() ? EPOLLIN | EPOLLOUT : EPOLLIN;
      ::epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &watch);
    }
  }
  ::unlink(argv[1]);
  return 0;
}
