#include "buffers/arena/shm_broker.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/fd_passing.h"
#include "buffers/system/fork_mutex.h"
#include "buffers/system/fork_observer.h"
#include "buffers/system/owned_fd.h"
#include "buffers/system/uninterrupted.h"

namespace pickle5 {
namespace {

using Clock = std::chrono::steady_clock;
using Secret = std::array<uint8_t, 16>;
using Answer = std::array<uint8_t, 1 + kShmHandoverSize>;

constexpr std::chrono::seconds kAnswerTime{5};
// A claimant sends its secret at once; who does not is dropped.
constexpr std::chrono::milliseconds kClaimTime{2000};
constexpr size_t kMaxClaimants = 256;

// An answer is one of these and a hand-over, zero but for kGranted.
constexpr uint8_t kGranted = 'G';
constexpr uint8_t kNotFound = 'N';
constexpr uint8_t kRefused = 'R';

absl::StatusOr<Secret> RandomSecret() {
  Secret secret;
  if (::getrandom(secret.data(), secret.size(), 0) !=
      static_cast<ssize_t>(secret.size())) {
    return IoStatus(errno, "get random bytes");
  }
  return secret;
}

// The abstract address of a broker: it needs no file that could be left over.
socklen_t AddressOf(const Secret& broker, struct sockaddr_un* address) {
  *address = {};
  address->sun_family = AF_UNIX;
  const std::string name = absl::StrCat(
      "pickle5-broker-",
      absl::BytesToHexString(absl::string_view(
          reinterpret_cast<const char*>(broker.data()), broker.size())));
  // The first byte stays zero.
  std::memcpy(address->sun_path + 1, name.data(), name.size());
  return static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + 1 +
                                name.size());
}

bool IsSameUser(int socket) {
  struct ucred peer = {};
  socklen_t size = sizeof(peer);
  return ::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         peer.uid == ::geteuid();
}

// To a claimant, whose empty socket has room for it.
void Send(int socket, uint8_t code, const ShmHandoverBytes& header,
          const std::vector<int>& fds) {
  Answer answer;
  answer[0] = code;
  std::copy(header.begin(), header.end(), answer.begin() + 1);
  // Who does not wait for it any more does not get it.
  SendWithFds(socket, answer, fds).IgnoreError();
}

absl::StatusOr<OwnedFd> ConnectTo(const Secret& broker) {
  OwnedFd socket(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return IoStatus(errno, "make a socket");
  // The queue of a broker that has been stopped may be full.
  const struct timeval patience = {kAnswerTime.count(), 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience,
               sizeof(patience));
  struct sockaddr_un address;
  const socklen_t size = AddressOf(broker, &address);
  const int result = Uninterrupted([&] {
    return ::connect(socket.get(), reinterpret_cast<struct sockaddr*>(&address),
                     size);
  });
  if (result != 0 && errno == ECONNREFUSED) {
    return absl::UnavailableError("the broker of a token is dead");
  }
  if (result != 0 && errno == EAGAIN) {
    return absl::DeadlineExceededError("the broker of a token does not answer");
  }
  if (result != 0) return IoStatus(errno, "connect to a broker");
  if (!IsSameUser(socket.get())) {
    return absl::PermissionDeniedError("the broker of a token is another user");
  }
  return socket;
}

absl::StatusOr<ShmHandover> ReceiveGrant(int socket) {
  struct pollfd wait = {socket, POLLIN, 0};
  const Clock::time_point end = Clock::now() + kAnswerTime;
  int ready = 0;
  do {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - Clock::now());
    ready = ::poll(&wait, 1, std::max(0, static_cast<int>(left.count())));
  } while (ready < 0 && errno == EINTR);
  if (ready == 0) {
    return absl::DeadlineExceededError("the broker of a token does not answer");
  }
  Answer answer;
  absl::StatusOr<std::vector<OwnedFd>> fds = ReceiveWithFds(socket, answer);
  if (absl::IsResourceExhausted(fds.status())) return fds.status();
  if (!fds.ok()) {
    return absl::UnavailableError(absl::StrCat(
        "the broker of a token went away: ", fds.status().message()));
  }
  if (answer[0] == kRefused) {
    return absl::PermissionDeniedError("the broker of a token is another user");
  }
  if (answer[0] != kGranted) {
    return absl::NotFoundError(
        "the token was claimed before, or has expired, or never was");
  }
  const absl::StatusOr<ShmHandoverHeader> header =
      DecodeShmHandover({answer.data() + 1, kShmHandoverSize});
  if (!header.ok()) return header.status();
  return ShmHandover{*header, *std::move(fds)};
}

}  // namespace

// The thread, its socket and the offers of one process.
class ShmBroker::Service final : private ForkObserver {
 public:
  explicit Service(std::chrono::milliseconds time_to_live)
      : time_to_live_(time_to_live) {
    StartObserving();
  }

  ~Service() {
    StopObserving();
    Stop();
  }

  absl::StatusOr<ShmToken> Publish(ShmOffer offer) {
    const absl::StatusOr<Secret> secret = RandomSecret();
    if (!secret.ok()) return secret.status();
    std::map<Secret, Pending> dropped;  // without the lock: see ForkMutex
    const std::lock_guard<ForkMutex> lock(mutex_);
    dropped.swap(inherited_);
    absl::Status started = Start();
    if (!started.ok()) return started;
    offers_.emplace(*secret, Pending{std::move(offer),
                                     Clock::now() + time_to_live_, false});
    Wake();
    return ShmToken{name_, *secret};
  }

  size_t pending() const {
    const std::lock_guard<ForkMutex> lock(mutex_);
    return static_cast<size_t>(
        std::count_if(offers_.begin(), offers_.end(),
                      [](const auto& i) { return !i.second.granted; }));
  }

 private:
  struct Pending {
    ShmOffer offer;
    Clock::time_point end;
    bool granted = false;  // and kept until the claimant has opened it
  };
  struct Claimant {
    OwnedFd socket;
    Clock::time_point end;
  };

  void BeforeFork() override { mutex_.lock(); }
  void AfterForkInParent() override { mutex_.unlock(); }
  void AfterForkInChild() override {
    // The thread is the parent's, and so are the offers. Its sockets must not
    // stay open here, or a parent that dies would seem to listen.
    if (thread_ != nullptr) static_cast<void>(thread_.release());
    // Not destroyed yet: their arena may not know of the fork.
    inherited_.swap(offers_);
    claimants_.clear();
    listener_ = OwnedFd();
    wake_ = OwnedFd();
    stop_ = false;
    mutex_.unlock();
  }

  // Precondition of these: the lock is held.
  absl::Status Start();
  void Wake() const {
    const uint64_t one = 1;
    // It can only fail where it is not needed.
    static_cast<void>(!::write(wake_.get(), &one, sizeof(one)));
  }

  void Stop();
  // What the thread does. Nothing of it may throw: there is nobody to catch.
  void Run();
  void AcceptClaimants();
  void Drop(size_t claimant);
  // Returns whether the claimant has its answer, or never will.
  bool Answer(int socket);
  bool Grant(int socket, const Secret& secret);
  // Drops what has expired; gives the milliseconds until more will, -1 for
  // never.
  int Expire();

  const std::chrono::milliseconds time_to_live_;
  mutable ForkMutex mutex_;
  Secret name_{};
  OwnedFd listener_;
  OwnedFd wake_;
  std::unique_ptr<std::thread> thread_;  // nullptr: not started
  bool stop_ = false;
  std::map<Secret, Pending> offers_;
  std::map<Secret, Pending> inherited_;  // the parent's, which are not ours
  std::vector<Claimant> claimants_;      // only the thread changes them, locked
  std::vector<struct pollfd> polled_;    // by the thread
};

absl::Status ShmBroker::Service::Start() {
  if (thread_ != nullptr) return absl::OkStatus();
  const absl::StatusOr<Secret> name = RandomSecret();
  if (!name.ok()) return name.status();
  OwnedFd listener(
      ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!listener.valid()) return IoStatus(errno, "make a broker's socket");
  struct sockaddr_un address;
  const socklen_t size = AddressOf(*name, &address);
  if (::bind(listener.get(), reinterpret_cast<struct sockaddr*>(&address),
             size) != 0 ||
      ::listen(listener.get(), SOMAXCONN) != 0) {
    return IoStatus(errno, "listen as a broker");
  }
  OwnedFd wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return IoStatus(errno, "make an eventfd");
  claimants_.reserve(kMaxClaimants);
  polled_.reserve(kMaxClaimants + 2);
  name_ = *name;
  listener_ = std::move(listener);
  wake_ = std::move(wake);
  try {
    thread_ = std::make_unique<std::thread>([this] { Run(); });
  } catch (const std::system_error& error) {
    return IoStatus(error.code().value(), "start a broker's thread");
  }
  return absl::OkStatus();
}

void ShmBroker::Service::Stop() {
  {
    const std::lock_guard<ForkMutex> lock(mutex_);
    if (thread_ == nullptr) return;
    stop_ = true;
    Wake();
  }
  thread_->join();
}

void ShmBroker::Service::Run() {
  for (;;) {
    const int timeout = Expire();
    polled_.clear();
    polled_.push_back({wake_.get(), POLLIN, 0});
    polled_.push_back({listener_.get(), POLLIN, 0});
    for (const Claimant& claimant : claimants_) {
      polled_.push_back({claimant.socket.get(), POLLIN, 0});
    }
    ::poll(polled_.data(), polled_.size(), timeout);
    {
      const std::lock_guard<ForkMutex> lock(mutex_);
      if (stop_) return;
    }
    uint64_t count = 0;
    static_cast<void>(!::read(wake_.get(), &count, sizeof(count)));
    for (size_t i = claimants_.size(); i-- > 0;) {
      if (polled_[i + 2].revents != 0 && Answer(claimants_[i].socket.get())) {
        Drop(i);
      }
    }
    if (polled_[1].revents != 0) AcceptClaimants();
  }
}

void ShmBroker::Service::AcceptClaimants() {
  const std::lock_guard<ForkMutex> lock(mutex_);
  for (;;) {
    OwnedFd socket(::accept4(listener_.get(), nullptr, nullptr,
                             SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket.valid()) break;
    if (claimants_.size() == kMaxClaimants) continue;
    if (!IsSameUser(socket.get())) {
      Send(socket.get(), kRefused, {}, {});
      continue;
    }
    claimants_.push_back({std::move(socket), Clock::now() + kClaimTime});
  }
  // Out of descriptors: whoever waits in the queue would make poll() return
  // at once, again and again.
  if (errno == EMFILE || errno == ENFILE) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void ShmBroker::Service::Drop(size_t claimant) {
  const std::lock_guard<ForkMutex> lock(mutex_);
  claimants_.erase(claimants_.begin() + static_cast<ptrdiff_t>(claimant));
}

bool ShmBroker::Service::Answer(int socket) {
  Secret secret;
  const ssize_t got = ::recv(socket, secret.data(), secret.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  if (got != static_cast<ssize_t>(secret.size())) return true;
  try {
    if (!Grant(socket, secret)) Send(socket, kNotFound, {}, {});
  } catch (const std::bad_alloc&) {
    // The claimant sees its socket close.
  }
  return true;
}

bool ShmBroker::Service::Grant(int socket, const Secret& secret) {
  std::map<Secret, Pending>::node_type found;
  {
    const std::lock_guard<ForkMutex> lock(mutex_);
    found = offers_.extract(secret);
  }
  if (found.empty()) return false;
  const ShmOffer& offer = found.mapped().offer;
  Send(socket, kGranted, EncodeShmHandover(offer.header()), offer.fds());
  // An offer of arena blocks is taken back when it dies: it lives on, under a
  // secret that nobody knows, until the claimant has opened it.
  if (offer.is_open()) {
    const absl::StatusOr<Secret> nobodys = RandomSecret();
    if (!nobodys.ok()) return true;
    found.key() = *nobodys;
    found.mapped().granted = true;
    const std::lock_guard<ForkMutex> lock(mutex_);
    offers_.insert(std::move(found));
  }
  return true;
}

int ShmBroker::Service::Expire() {
  const Clock::time_point now = Clock::now();
  Clock::time_point next = Clock::time_point::max();
  for (size_t i = claimants_.size(); i-- > 0;) {
    const Clock::time_point end = claimants_[i].end;
    if (end <= now) {
      Drop(i);
    } else {
      next = std::min(next, end);
    }
  }
  std::map<Secret, Pending> dropped;  // without the lock: see ForkMutex
  const std::lock_guard<ForkMutex> lock(mutex_);
  for (auto i = offers_.begin(); i != offers_.end();) {
    const auto current = i++;
    const Pending& pending = current->second;
    if (pending.end <= now || (pending.granted && !pending.offer.is_open())) {
      dropped.insert(offers_.extract(current));
    } else {
      next = std::min(next, pending.end);
    }
  }
  if (next == Clock::time_point::max()) return -1;
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(next - now);
  return static_cast<int>(std::min<int64_t>(left.count() + 1, 3600000));
}

ShmBroker::ShmBroker(std::chrono::milliseconds time_to_live)
    : service_(std::make_unique<Service>(time_to_live)) {}

ShmBroker::~ShmBroker() = default;

absl::StatusOr<ShmToken> ShmBroker::Publish(ShmOffer offer) {
  try {
    return service_->Publish(std::move(offer));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

size_t ShmBroker::pending() const { return service_->pending(); }

absl::StatusOr<ShmHandover> ShmBroker::Claim(const ShmToken& token) {
  try {
    const absl::StatusOr<OwnedFd> socket = ConnectTo(token.broker);
    if (!socket.ok()) return socket.status();
    // A broker that refuses may have closed by now: its answer says so.
    SendWithFds(socket->get(), token.secret, {}).IgnoreError();
    return ReceiveGrant(socket->get());
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5
