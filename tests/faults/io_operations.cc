#include "io_operations.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_broker.h"
#include "buffers/arena/shm_channel.h"
#include "buffers/arena/shm_doctor.h"
#include "buffers/arena/shm_token_channel.h"
#include "buffers/bytes/fd_byte_reader.h"
#include "buffers/bytes/fd_byte_writer.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "buffers/files/atomic_file.h"
#include "buffers/files/file_sink.h"
#include "buffers/files/mapped_source.h"
#include "buffers/files/memfd_sink.h"
#include "buffers/files/memfd_source.h"
#include "buffers/files/shm_janitor.h"
#include "buffers/files/shm_sink.h"
#include "buffers/files/shm_source.h"
#include "buffers/filters/compressing_sink.h"
#include "buffers/filters/decompressing_source.h"
#include "buffers/filters/lz4_codec.h"
#include "buffers/filters/zstd_codec.h"
#include "buffers/io_status.h"
#include "buffers/streams/message_reader.h"
#include "buffers/streams/message_writer.h"
#include "buffers/streams/socket_sink.h"
#include "buffers/streams/socket_source.h"
#include "pickle/archive/archive_reader.h"
#include "pickle/archive/archive_writer.h"
#include "tests/archive/archives.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/sample_bytes.h"
#include "tests/buffers/stream_pair.h"

namespace pickle5 {
namespace {

const Document& Sample() {
  static const auto* const document = [] {
    auto* made = new Document;
    FillEveryKind(made);
    return made;
  }();
  return *document;
}

// Its buffers in-band.
std::string_view SamplePickle() {
  static const auto* const bytes = [] {
    MemoryByteWriter out;
    EXPECT_TRUE(Dump(Sample(), out).ok());
    return new std::string(out.written());
  }();
  return *bytes;
}
std::string_view SampleArchive() {
  static const auto* const bytes = new std::string(ArchiveOf({&Sample()}));
  return *bytes;
}
std::string_view Nothing() { return ""; }
std::string_view OldText() { return "what stood here before"; }

const std::vector<Buffer>& SampleBuffers() {
  static const auto* const buffers = new std::vector<Buffer>{
      *Buffer::Copy(SampleBytes(70'000, 2)), *Buffer::Copy(""),
      Buffer::Copy(SampleBytes(3'000, 3))->AsReadonly()};
  return *buffers;
}

absl::Status WriteBuffers(BufferSink& sink) {
  for (const Buffer& buffer : SampleBuffers()) {
    const auto placed = sink.Accept(buffer);
    if (!placed.ok()) return placed.status();
  }
  return sink.Close();
}

absl::Status ReadBuffers(BufferSource& source, std::string* made) {
  for (size_t i = 0; i < SampleBuffers().size(); ++i) {
    const absl::StatusOr<Buffer> buffer = source.Next();
    if (!buffer.ok()) return buffer.status();
    absl::StrAppend(made, std::string(buffer->chars()), "|");
  }
  return absl::OkStatus();
}

// What an operation that opens a source ends with.
template <typename Source>
absl::Status ReadOpened(absl::StatusOr<std::unique_ptr<Source>> source,
                        std::string* made) {
  return source.ok() ? ReadBuffers(**source, made) : source.status();
}

absl::Status FileIsReplaced(IoScene& scene) {
  const auto sink = FileSink::Create(scene.old);
  return sink.ok() ? WriteBuffers(**sink) : sink.status();
}

absl::Status FileIsMade(IoScene& scene) {
  const std::string path = scene.folder.File("new");
  const auto sink = FileSink::Create(path);
  const absl::Status status = sink.ok() ? WriteBuffers(**sink) : sink.status();
  if (status.ok()) scene.made = ReadAll(path);
  std::filesystem::remove(path);
  return status;
}

std::string_view BufferFileBytes() {
  static const auto* const bytes = [] {
    const TempDir folder;
    EXPECT_TRUE(WriteBuffers(**FileSink::Create(folder.File("buffers"))).ok());
    return new std::string(ReadAll(folder.File("buffers")));
  }();
  return *bytes;
}

absl::Status BuffersAreMapped(IoScene& scene) {
  return ReadOpened(MappedSource::Open(scene.input), &scene.made);
}

absl::Status MemoryIsSealed(IoScene& scene) {
  const auto sink = MemfdSink::Create();
  if (!sink.ok()) return sink.status();
  absl::Status status = WriteBuffers(**sink);
  if (!status.ok()) return status;
  return ReadOpened(MemfdSource::Open((*sink)->fd()), &scene.made);
}

// The name is one that nobody has if the sink fails.
absl::Status SharedMemoryIsReplaced(IoScene& scene) {
  const std::string name = absl::StrCat("/pickle5-faults-", ::getpid());
  absl::Status status;
  for (int i = 0; i < 2 && status.ok(); ++i) {
    const auto sink = ShmSink::Create(name, ShmSink::IfExists::kReplace);
    status = sink.ok() ? WriteBuffers(**sink) : sink.status();
  }
  if (status.ok()) status = ReadOpened(ShmSource::Open(name), &scene.made);
  std::filesystem::remove("/dev/shm" + name);
  return status;
}

absl::Status SharedMemoryIsOwned(IoScene& scene) {
  const auto sink = ShmSink::CreateOwned();
  if (!sink.ok()) return sink.status();
  absl::Status status = WriteBuffers(**sink);
  if (!status.ok()) return status;
  return ReadOpened(ShmSource::Open((*sink)->name()), &scene.made);
}

// Over a channel, and twice: the second time the arena is known.
absl::Status ArenaIsHandedOver(IoScene& scene) {
  ShmChannel sender(std::move(scene.socket.in));
  ShmChannel receiver(std::move(scene.socket.out));
  for (int i = 0; i < 2; ++i) {
    ArenaSink sink(&scene.arena);
    absl::Status status = WriteBuffers(sink);
    if (!status.ok()) return status;
    absl::StatusOr<ShmOffer> offer = sink.Offer();
    if (!offer.ok()) return offer.status();
    status = sender.Send("head", *std::move(offer));
    if (!status.ok()) return status;
    const auto message = receiver.Receive(i == 0 ? MapAccess::kReadOnly
                                                 : MapAccess::kCopyOnWrite);
    if (!message.ok()) return message.status();
    absl::StrAppend(&scene.made, message->head);
    status = ReadBuffers(*message->buffers, &scene.made);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ArenaIsViewed(IoScene& scene) {
  ArenaSink sink(&scene.arena);
  absl::Status status = WriteBuffers(sink);
  if (!status.ok()) return status;
  const absl::StatusOr<ShmOffer> offer = sink.Offer();
  if (!offer.ok()) return offer.status();
  ShmHandover handover = Received(*offer);
  for (const OwnedFd& fd : handover.fds) {
    if (!fd.valid()) return IoStatus(errno, "dup");
  }
  return ReadOpened(scene.views.Open(std::move(handover)), &scene.made);
}

absl::Status Exchange(StreamPair pair, const SocketSink::Options& options,
                      std::string* made) {
  SocketSink sink(pair.in.get(), options);
  sink.SetPickle(Buffer::Borrow("pickle"));
  absl::Status status = WriteBuffers(sink);
  if (!status.ok()) return status;
  pair.in = OwnedFd();
  MessageReader reader;
  reader.AcceptSharedMemory();
  const auto source = SocketSource::Receive(reader, pair.out.get());
  if (!source.ok()) return source.status();
  *made = (*source)->pickle().chars();
  return ReadBuffers(**source, made);
}

absl::Status SocketWaits(IoScene& scene) {
  return Exchange(std::move(scene.socket), {}, &scene.made);
}
absl::Status SocketPassesMemory(IoScene& scene) {
  return Exchange(std::move(scene.socket), {.shared_memory_from = 1},
                  &scene.made);
}
absl::Status PipeWaits(IoScene& scene) {
  return Exchange(std::move(scene.pipe), {}, &scene.made);
}

// Both ends in turn, each as far as it gets.
absl::Status SocketAdvances(IoScene& scene) {
  const StreamPair pair = std::move(scene.small_socket);
  Message message;
  message.pickle = Buffer::Borrow("pickle");
  message.buffers = SampleBuffers();
  auto writer = MessageWriter::Create(std::move(message));
  if (!writer.ok()) return writer.status();
  MessageReader reader;
  for (;;) {
    const absl::StatusOr<StreamProgress> sent = writer->Advance(pair.in.get());
    if (!sent.ok()) return sent.status();
    const absl::StatusOr<StreamProgress> got = reader.Advance(pair.out.get());
    if (!got.ok()) return got.status();
    if (*got == StreamProgress::kDone) break;
  }
  for (const Buffer& got : reader.message().buffers) {
    absl::StrAppend(&scene.made, std::string(got.chars()), "|");
  }
  return absl::OkStatus();
}

absl::Status DescriptorIsWritten(IoScene& scene) {
  const std::string path = scene.folder.File("new");
  absl::Status status;
  {
    OwnedFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    if (!fd.valid()) return IoStatus(errno, "open");
    FdByteWriter out(std::move(fd), 1000);
    status = scene.writer.Write(Sample(), out);
    if (status.ok() && !out.Close()) status = out.status();
  }
  if (status.ok()) scene.made = ReadAll(path);
  std::filesystem::remove(path);
  return status;
}

// Its text is short, and says everything.
absl::Status Show(const absl::Status& loaded, IoScene& scene) {
  if (!loaded.ok()) return loaded;
  MemoryByteWriter out;
  absl::Status status = scene.writer.Write(scene.document, out);
  scene.made = out.written();
  return status;
}

absl::Status DescriptorIsLoaded(IoScene& scene) {
  OwnedFd fd(::open(scene.input.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return IoStatus(errno, "open");
  FdByteReader in(std::move(fd), 1000);
  return Show(scene.document.Load(in), scene);
}

absl::Status DescriptorIsFed(IoScene& scene) {
  OwnedFd fd(::open(scene.input.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return IoStatus(errno, "open");
  FdByteReader in(std::move(fd), 1000);
  absl::Status status = scene.feeder.Start(&scene.document);
  while (status.ok() && in.Pull(1)) {
    const auto progress = scene.feeder.Feed(
        {reinterpret_cast<const char*>(in.cursor()), in.available()});
    in.set_cursor(in.limit());
    if (progress.ok() && *progress == DocumentFeeder::Progress::kDone) {
      return Show(status, scene);
    }
    status = progress.status();
  }
  if (!in.ok()) return in.status();
  return status.ok() ? scene.feeder.Finish() : status;
}

absl::Status FileIsMappedAndLoaded(IoScene& scene) {
  absl::Status status = Show(scene.document.LoadMapped(scene.input), scene);
  scene.document.Clear();  // of the mapping
  return status;
}

absl::Status FileIsWrittenAtomically(IoScene& scene) {
  const auto file = AtomicFile::Create(scene.old);
  if (!file.ok()) return file.status();
  for (int i = 0; i < 3; ++i) {
    if (!(*file)->writer().Write(SampleBytes(100'000))) break;
  }
  return (*file)->Commit();
}

absl::Status PickleIsDumped(IoScene& scene) {
  const std::string path = scene.folder.File("new");
  auto sink = FileSink::Create(path);
  if (!sink.ok()) return sink.status();
  const absl::Status status = DumpFile(Sample(), scene.old, {}, sink->get());
  // Both are there or, unless the disk fails after the fact, neither is.
  if (status.ok()) {
    EXPECT_TRUE(ReadAll(path).starts_with("PKL5BUFS"));
  }
  std::filesystem::remove(path);
  return status;
}

// Looks at nothing that fails on the way.
absl::Status PickleIsDumpedCarelessly(IoScene& scene) {
  const std::string name = absl::StrCat("/pickle5-faults-", ::getpid());
  const std::string segment = "/dev/shm" + name;
  WriteAll(segment, "an old segment");
  absl::Status status;
  {
    auto file = AtomicFile::Create(scene.old);
    auto sink = ShmSink::Create(name, ShmSink::IfExists::kReplace);
    status = file.status();
    status.Update(sink.status());
    if (status.ok()) {
      const absl::Status dumped =
          Dump(Sample(), (*file)->writer(), {}, sink->get());
      status = (*sink)->Close();
      if (!dumped.ok()) {
        EXPECT_EQ(status, dumped);
        EXPECT_EQ((*file)->Commit(), dumped);
      }
      if (status.ok()) {
        status = (*file)->Commit();
      } else {
        EXPECT_EQ(ReadAll(segment), "an old segment");
      }
    }
  }
  if (status.ok()) {
    EXPECT_TRUE(ReadAll(segment).starts_with("PKL5BUFS"));
  }
  std::filesystem::remove(segment);
  return status;
}

absl::Status Archive(absl::StatusOr<std::unique_ptr<ArchiveWriter>> archive) {
  if (!archive.ok()) return archive.status();
  absl::Status status = (*archive)->Write(Sample());
  return status.ok() ? (*archive)->Close() : status;
}
absl::Status ArchiveIsReplaced(IoScene& scene) {
  return Archive(ArchiveWriter::Create(scene.old));
}
absl::Status ArchiveIsAppendedTo(IoScene& scene) {
  return Archive(ArchiveWriter::Append(scene.old));
}

absl::Status ReadArchive(IoScene& scene, ArchiveAccess access) {
  const auto reader = ArchiveReader::Open(scene.input, access);
  if (!reader.ok()) return reader.status();
  absl::Status status = reader->VerifyAll();
  if (!status.ok()) return status;
  status = Show(reader->Load(0, &scene.document), scene);
  scene.document.Clear();
  return status;
}
absl::Status ArchiveIsMapped(IoScene& scene) {
  return ReadArchive(scene, ArchiveAccess::kCopyOnWrite);
}
absl::Status ArchiveIsCopied(IoScene& scene) {
  return ReadArchive(scene, ArchiveAccess::kCopy);
}

absl::Status Compress(BufferCodec& codec, const std::string& path,
                      std::string* made) {
  const std::string text(10'000, 'x');
  const auto file = FileSink::Create(path);
  if (!file.ok()) return file.status();
  CompressingSink sink(&codec, file->get());
  const auto placed = sink.Accept(Buffer::Borrow(text));
  absl::Status status = placed.ok() ? sink.Close() : placed.status();
  if (!status.ok()) return status;
  const auto mapped = MappedSource::Open(path);
  if (!mapped.ok()) return mapped.status();
  DecompressingSource source({&codec}, mapped->get());
  const absl::StatusOr<Buffer> buffer = source.Next();
  if (buffer.ok()) absl::StrAppend(made, std::string(buffer->chars()), "|");
  return buffer.status();
}

absl::Status FileIsCompressed(IoScene& scene) {
  const std::string path = scene.folder.File("new");
  ZstdCodec zstd;
  Lz4Codec lz4;
  absl::Status status = Compress(zstd, path, &scene.made);
  if (status.ok()) status = Compress(lz4, path, &scene.made);
  std::filesystem::remove(path);
  return status;
}

absl::Status TokensAreClaimed(IoScene& scene) {
  ShmBroker broker;
  ShmTokenSender sender(std::move(scene.pipe.in), &broker);
  ShmTokenReceiver receiver(std::move(scene.pipe.out));
  for (ShmArena* const arena :
       {&scene.arena, static_cast<ShmArena*>(nullptr)}) {
    ArenaSink sink(arena);
    absl::Status status = WriteBuffers(sink);
    if (!status.ok()) return status;
    absl::StatusOr<ShmOffer> offer = sink.Offer();
    if (!offer.ok()) return offer.status();
    status = sender.Send("head", *std::move(offer));
    if (!status.ok()) return status;
    const auto message = receiver.Receive();
    if (!message.ok()) return message.status();
    absl::StrAppend(&scene.made, message->head);
    status = ReadBuffers(*message->buffers, &scene.made);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Those in a folder of our own.
absl::Status SegmentsAreListedAndRemoved(IoScene& scene) {
  const auto sink = ShmSink::CreateOwned();
  if (!sink.ok()) return sink.status();
  absl::Status status = WriteBuffers(**sink);
  if (!status.ok()) return status;
  const std::string copy = scene.folder.File("segment");
  std::filesystem::copy_file("/dev/shm" + (*sink)->name(), copy,
                             std::filesystem::copy_options::overwrite_existing);
  const ShmJanitor janitor(scene.folder.path());
  for (const auto& segments : {janitor.List(), janitor.Clean()}) {
    status.Update(segments.status());
    if (!segments.ok()) continue;
    for (const ShmSegment& segment : *segments) {
      absl::StrAppend(&scene.made, segment.name, segment.abandoned ? "-" : "+");
    }
  }
  status.Update(janitor.Remove("/segment"));
  std::filesystem::remove(copy);
  return status;
}

absl::Status MachineIsDiagnosed(IoScene&) { return DiagnoseShm().status(); }

}  // namespace

std::vector<IoOperation> IoOperations() {
  return {
      {"file sink, replacing", OldText, Nothing, FileIsReplaced},
      {"file sink", OldText, Nothing, FileIsMade},
      {"mapped source", OldText, BufferFileBytes, BuffersAreMapped},
      {"memfd", OldText, Nothing, MemoryIsSealed},
      {"named shared memory", OldText, Nothing, SharedMemoryIsReplaced},
      {"owned shared memory", OldText, Nothing, SharedMemoryIsOwned},
      {"arena and channel", OldText, Nothing, ArenaIsHandedOver},
      {"arena and views", OldText, Nothing, ArenaIsViewed},
      {"socket", OldText, Nothing, SocketWaits},
      {"socket with memory", OldText, Nothing, SocketPassesMemory},
      {"socket, non-blocking", OldText, Nothing, SocketAdvances},
      {"pipe", OldText, Nothing, PipeWaits},
      {"byte writer", OldText, Nothing, DescriptorIsWritten},
      {"byte reader", OldText, SamplePickle, DescriptorIsLoaded},
      {"feeder", OldText, SamplePickle, DescriptorIsFed},
      {"mapped pickle", OldText, SamplePickle, FileIsMappedAndLoaded},
      {"atomic file", OldText, Nothing, FileIsWrittenAtomically},
      {"dumped file", OldText, Nothing, PickleIsDumped},
      {"dumped file and segment", OldText, Nothing, PickleIsDumpedCarelessly},
      {"archive, replacing", SampleArchive, Nothing, ArchiveIsReplaced},
      {"archive, appending", SampleArchive, Nothing, ArchiveIsAppendedTo},
      {"archive, mapped", OldText, SampleArchive, ArchiveIsMapped},
      {"archive, copied", OldText, SampleArchive, ArchiveIsCopied},
      {"compressed file", OldText, Nothing, FileIsCompressed},
      {"tokens", OldText, Nothing, TokensAreClaimed, false},
      {"janitor", OldText, Nothing, SegmentsAreListedAndRemoved, false},
      {"doctor", OldText, Nothing, MachineIsDiagnosed, false},
  };
}

void Prepare(const IoOperation& operation, IoScene* scene) {
  WriteAll(scene->old, std::string(operation.old()));
  WriteAll(scene->input, std::string(operation.input()));
  scene->made.clear();
  scene->socket = UnixPair(1 << 20);
  scene->small_socket = UnixPair(4096);
  scene->small_socket.SetNonBlocking();
  scene->pipe = PipePair();
  EXPECT_GE(::fcntl(scene->pipe.in.get(), F_SETPIPE_SZ, 1 << 18), 1 << 18);
}

}  // namespace pickle5
