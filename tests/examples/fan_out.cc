// Hands one object to eight processes, which all see the same memory:
//
//   fan_out [MEGABYTES]
//
// The physical memory that the object takes, in all processes together, is
// printed and is to be at most 1.02 of its size.

#include <pickle5/pickle5.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace {

using pickle5::Buffer;
using pickle5::Document;

constexpr int kReaders = 8;

struct Reader {
  pid_t pid;
  std::unique_ptr<pickle5::ShmChannel> channel;
};

// The physical memory of a process, shared pages in equal parts.
uint64_t ProportionalBytes(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/smaps_rollup");
  std::string word;
  while (in >> word) {
    uint64_t kib = 0;
    if (word == "Pss:" && in >> kib) return kib * 1024;
  }
  return 0;
}

// Loads the object, looks at every byte, and waits.
int Read(int socket) {
  pickle5::ShmChannel channel{pickle5::OwnedFd(socket)};
  auto message = channel.Receive(pickle5::MapAccess::kReadOnly);
  if (!message.ok()) return 1;
  Document document;
  if (!document.LoadBorrowed(message->head, {}, message->buffers.get()).ok()) {
    return 1;
  }
  uint64_t sum = 0;
  const Buffer data = *document.root()["data"].buffer();
  for (const uint8_t byte : data.bytes()) sum += byte;
  if (::write(socket, &sum, sizeof(sum)) != sizeof(sum)) return 1;
  char wait = 0;
  return ::read(socket, &wait, 1) == 0 ? 0 : 1;
}

std::vector<Reader> StartReaders() {
  std::vector<Reader> readers;
  for (int i = 0; i < kReaders; ++i) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) std::exit(1);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(ends[0]);
      // A reader ends when the producer closes; others must not hold that.
      for (const Reader& reader : readers) ::close(reader.channel->fd());
      ::_exit(Read(ends[1]));
    }
    ::close(ends[1]);
    readers.push_back({pid, std::make_unique<pickle5::ShmChannel>(
                                pickle5::OwnedFd(ends[0]))});
  }
  return readers;
}

uint64_t MemoryOfAll(const std::vector<Reader>& readers) {
  uint64_t bytes = ProportionalBytes(::getpid());
  for (const Reader& reader : readers) bytes += ProportionalBytes(reader.pid);
  return bytes;
}

// Writes the object to shared memory; nothing of it stays in this process.
absl::Status Publish(size_t nbytes, pickle5::ArenaSink& sink,
                     std::string* pickle) {
  absl::StatusOr<Buffer> data = Buffer::Allocate(nbytes);
  if (!data.ok()) return data.status();
  std::memset(data->mutable_data(), 1, nbytes);
  Document document;
  pickle5::Maker make(&document);
  document.SetRoot(make.Dict({{"data", document.MakeBuffer(*data)}}));
  pickle5::MemoryByteWriter writer;
  absl::Status status = pickle5::Dump(document, writer, {}, &sink);
  status.Update(sink.Close());
  pickle->assign(writer.written());
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const size_t nbytes = (argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 64)
                        << 20;
  std::vector<Reader> readers = StartReaders();
  const uint64_t before = MemoryOfAll(readers);

  pickle5::ShmArena arena;
  pickle5::ArenaSink sink(&arena);
  std::string pickle;
  absl::Status status = Publish(nbytes, sink, &pickle);
  for (Reader& reader : readers) {
    if (!status.ok()) break;
    absl::StatusOr<pickle5::ShmOffer> offer = sink.Offer();
    status = offer.ok() ? reader.channel->Send(pickle, *std::move(offer))
                        : offer.status();
  }
  int right = 0;
  for (const Reader& reader : readers) {
    uint64_t sum = 0;
    if (status.ok() &&
        ::read(reader.channel->fd(), &sum, sizeof(sum)) == sizeof(sum) &&
        sum == nbytes) {
      ++right;
    }
  }
  const uint64_t held = MemoryOfAll(readers) - before;
  for (Reader& reader : readers) {
    reader.channel.reset();
    int result = 0;
    ::waitpid(reader.pid, &result, 0);
    if (result != 0) right = 0;
  }
  const double copies = static_cast<double>(held) / static_cast<double>(nbytes);
  std::printf("%s: %d readers, %zu MB held %.3f times\n",
              status.ToString().c_str(), right, nbytes >> 20, copies);
  if (right != kReaders) return 1;
#ifndef FAN_OUT_SANITIZED
  // What each process needs to open anything weighs more on a small object.
  const double slack = 0.02 + 4.0 / static_cast<double>(nbytes >> 20);
  if (copies >= 1 + slack) return 1;
#endif
  return 0;
}
