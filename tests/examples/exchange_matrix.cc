// Sends a matrix to another process through the transport that is named, and
// gets the sum of its elements back:
//
//   exchange_matrix socket|pipe|file|shm|memfd|arena [MEGABYTES]

#include <pickle5/pickle5.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

namespace {

using pickle5::Buffer;
using pickle5::BufferSink;
using pickle5::BufferSource;
using pickle5::Document;

// A pickle and the buffers that belong to it, where they are now.
struct Received {
  std::string pickle;
  std::unique_ptr<BufferSource> buffers;
};

// One way from process to process. Both have the transport; each has an end of
// a stream.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual absl::Status Send(const Document& document, int stream) = 0;
  virtual absl::StatusOr<Received> Receive(int stream) = 0;
};

absl::Status DumpInto(const Document& document, BufferSink& sink,
                      std::string* pickle) {
  pickle5::MemoryByteWriter writer;
  absl::Status status = pickle5::Dump(document, writer, {}, &sink);
  pickle->assign(writer.written());
  return status;
}

// The buffers follow the pickle in the stream.
class Socket final : public Transport {
  absl::Status Send(const Document& document, int stream) override {
    pickle5::SocketSink sink(stream);
    std::string pickle;
    absl::Status status = DumpInto(document, sink, &pickle);
    sink.SetPickle(Buffer::Borrow(pickle));
    status.Update(sink.Close());
    return status;
  }
  absl::StatusOr<Received> Receive(int stream) override {
    auto source = pickle5::SocketSource::Receive(reader_, stream);
    if (!source.ok()) return source.status();
    return Received{std::string((*source)->pickle().chars()),
                    *std::move(source)};
  }

  pickle5::MessageReader reader_;
};

// Only the pickle is in the stream; the buffers have a name.
template <typename Sink, typename Source>
class Named final : public Transport {
 public:
  explicit Named(std::string name) : name_(std::move(name)) {}

 private:
  absl::Status Send(const Document& document, int stream) override {
    auto sink = Sink::Create(name_);
    if (!sink.ok()) return sink.status();
    std::string pickle;
    absl::Status status = DumpInto(document, **sink, &pickle);
    status.Update((*sink)->Close());
    if (!status.ok()) return status;
    auto writer = pickle5::MessageWriter::Create({Buffer::Borrow(pickle), {}});
    return writer.ok() ? writer->Write(stream) : writer.status();
  }
  absl::StatusOr<Received> Receive(int stream) override {
    auto message = pickle5::MessageReader().Read(stream);
    if (!message.ok()) return message.status();
    auto source = Source::Open(name_);
    if (!source.ok()) return source.status();
    Received received{std::string(message->pickle.chars()), *std::move(source)};
    return received;
  }

  std::string name_;
};

// Descriptors of the memory go through the stream.
class SharedMemory final : public Transport {
 public:
  explicit SharedMemory(bool use_arena) : use_arena_(use_arena) {}

 private:
  absl::Status Send(const Document& document, int stream) override {
    pickle5::ArenaSink sink(use_arena_ ? &arena_ : nullptr);
    std::string pickle;
    absl::Status status = DumpInto(document, sink, &pickle);
    status.Update(sink.Close());
    if (!status.ok()) return status;
    auto offer = sink.Offer();
    if (!offer.ok()) return offer.status();
    // The memory is held until the channel dies.
    channel_ =
        std::make_unique<pickle5::ShmChannel>(pickle5::OwnedFd(::dup(stream)));
    return channel_->Send(pickle, *std::move(offer));
  }
  absl::StatusOr<Received> Receive(int stream) override {
    channel_ =
        std::make_unique<pickle5::ShmChannel>(pickle5::OwnedFd(::dup(stream)));
    auto message = channel_->Receive();
    if (!message.ok()) return message.status();
    return Received{std::move(message->head), std::move(message->buffers)};
  }

  bool use_arena_;
  pickle5::ShmArena arena_;
  std::unique_ptr<pickle5::ShmChannel> channel_;
};

std::unique_ptr<Transport> Make(const std::string& kind,
                                const std::string& directory) {
  if (kind == "socket" || kind == "pipe") return std::make_unique<Socket>();
  if (kind == "memfd") return std::make_unique<SharedMemory>(false);
  if (kind == "arena") return std::make_unique<SharedMemory>(true);
  if (kind == "file") {
    return std::make_unique<Named<pickle5::FileSink, pickle5::MappedSource>>(
        directory + "/buffers");
  }
  if (kind == "shm") {
    return std::make_unique<Named<pickle5::ShmSink, pickle5::ShmSource>>(
        "/exchange-matrix-" + std::to_string(::getpid()));
  }
  return nullptr;
}

// The other process: loads the object, and answers with the sum.
int Answer(Transport& transport, int stream, int answer) {
  absl::StatusOr<Received> received = transport.Receive(stream);
  Document document;
  absl::Status status = received.status();
  if (status.ok()) {
    status =
        document.LoadBorrowed(received->pickle, {}, received->buffers.get());
  }
  if (!status.ok()) {
    std::fprintf(stderr, "receiver: %s\n", status.ToString().c_str());
    return 1;
  }
  const Buffer matrix = *document.root()["matrix"].buffer();
  const auto* const begin = reinterpret_cast<const double*>(matrix.data());
  const double sum =
      std::accumulate(begin, begin + matrix.nbytes() / sizeof(double), 0.0);
  const auto& counters = received->buffers->counters();
  std::printf("received %td x %td, format %s: %llu bytes copied, %llu mapped\n",
              matrix.shape()[0], matrix.shape()[1],
              std::string(matrix.format()).c_str(),
              static_cast<unsigned long long>(counters.bytes_copied),
              static_cast<unsigned long long>(counters.bytes_mapped));
  std::fflush(stdout);
  return ::write(answer, &sum, sizeof(sum)) == sizeof(sum) ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  char directory[] = "/tmp/exchange-matrix-XXXXXX";
  const std::string kind = argc > 1 ? argv[1] : "";
  if (::mkdtemp(directory) == nullptr) return 1;
  const std::unique_ptr<Transport> transport = Make(kind, directory);
  if (transport == nullptr) {
    std::fprintf(stderr, "usage: %s socket|pipe|file|shm|memfd|arena [MB]\n",
                 argv[0]);
    return 2;
  }
  const ptrdiff_t megabytes = argc > 2 ? std::atoi(argv[2]) : 8;
  const ptrdiff_t shape[] = {megabytes * 128, 1024};

  int stream[2];
  int answer[2];
  if (::socketpair(AF_UNIX, SOCK_STREAM, 0, answer) != 0) return 1;
  if (kind == "pipe" ? ::pipe(stream) != 0
                     : ::socketpair(AF_UNIX, SOCK_STREAM, 0, stream) != 0) {
    return 1;
  }
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(stream[1]);
    return Answer(*transport, stream[0], answer[1]);
  }
  ::close(stream[0]);

  std::vector<double> elements(static_cast<size_t>(shape[0] * shape[1]), 0.25);
  auto bytes = Buffer::Borrow(
      std::string_view(reinterpret_cast<const char*>(elements.data()),
                       elements.size() * sizeof(double)));
  Document document;
  pickle5::Maker make(&document);
  document.SetRoot(make.Dict(
      {{"step", 7},
       {"matrix", document.MakeBuffer(*bytes.WithShape("<d", 8, shape))}}));
  const absl::Status status = transport->Send(document, stream[1]);
  double sum = 0;
  const bool answered =
      status.ok() && ::read(answer[0], &sum, sizeof(sum)) == sizeof(sum);
  ::close(stream[1]);
  int result = 1;
  ::waitpid(child, &result, 0);
  if (kind == "file") ::unlink((std::string(directory) + "/buffers").c_str());
  if (kind == "shm") {
    (void)pickle5::ShmSource::Unlink("/exchange-matrix-" +
                                     std::to_string(::getpid()));
  }
  ::rmdir(directory);
  std::printf("%s, %td MB: %s, the sum is %.2f\n", kind.c_str(), megabytes,
              status.ToString().c_str(), sum);
  const bool right = sum == 0.25 * static_cast<double>(elements.size());
  return answered && result == 0 && right ? 0 : 1;
}
