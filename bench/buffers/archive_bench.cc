// Measures the archive against what its bytes cost without it.
//
// Usage: archive_bench [--repeats N] [--case NAME]...
//
// Prints rows as suite.py reads them. Contestants take turns; the least of the
// repeats counts. Files are written to /dev/shm and beside this program.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "buffers/buffer.h"
#include "pickle/archive/archive_reader.h"
#include "pickle/archive/archive_writer.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

constexpr size_t kLarge = size_t{256} << 20;
constexpr size_t kMany = 1000;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "archive_bench: %s\n", what.c_str());
  std::exit(1);
}

void Check(const absl::Status& status) {
  if (!status.ok()) Die(status.ToString());
}

void Check(bool fine, const char* what) {
  if (!fine) Die(what);
}

double Seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start)
      .count();
}

// Memory on huge pages, written to.
class Memory {
 public:
  explicit Memory(size_t size) : size_(size) {
    data_ = static_cast<char*>(
        std::aligned_alloc(size_t{2} << 20, size + (size_t{2} << 20)));
    Check(data_ != nullptr, "no memory");
    ::madvise(data_, size, MADV_HUGEPAGE);
    for (size_t i = 0; i < size; i += 8) {
      const uint64_t word = i * 0x9e3779b97f4a7c15u;
      std::memcpy(data_ + i, &word, sizeof word);
    }
  }
  ~Memory() { std::free(data_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;

  char* data() const { return data_; }
  size_t size() const { return size_; }
  std::string_view chars() const { return {data_, size_}; }

 private:
  char* data_;
  size_t size_;
};

using Contestant = std::function<double()>;

class Bench {
 public:
  Bench(int repeats, std::vector<std::string> cases)
      : repeats_(repeats), cases_(std::move(cases)) {}

  int repeats() const { return repeats_; }
  bool Wants(const std::string& name) const {
    return cases_.empty() ||
           std::find(cases_.begin(), cases_.end(), name) != cases_.end();
  }

  // Runs the two in turns, `times` as often as is asked for.
  void Compare(const std::string& name, const std::string& peer, double gate,
               const Contestant& ours, const Contestant& theirs,
               int times = 1) const {
    double least = 1e9;
    double their_least = 1e9;
    for (int i = 0; i < repeats_ * times; ++i) {
      least = std::min(least, ours());
      their_least = std::min(their_least, theirs());
    }
    std::printf("%s\tseconds\t%.9f\t%.9f\t%g\t%s\n", name.c_str(), least,
                their_least, gate, peer.c_str());
    std::fflush(stdout);
  }

 private:
  int repeats_;
  std::vector<std::string> cases_;
};

// Writes bytes as a careful program does: to another name, synced, renamed.
void WritePlainly(const std::string& path, std::string_view bytes) {
  const std::string temporary = path + ".tmp";
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
  Check(fd >= 0, "cannot open the file to write");
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    Check(count > 0, "cannot write");
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  Check(::fsync(fd) == 0 && ::close(fd) == 0 &&
            ::rename(temporary.c_str(), path.c_str()) == 0,
        "cannot sync and rename");
}

void WriteArchive(const std::string& path, const Document& document) {
  auto writer = ArchiveWriter::Create(path);
  Check(writer.status());
  Check((*writer)->Write(document));
  Check((*writer)->Close());
}

double TimeToWrite(const std::string& path, const std::function<void()>& work) {
  const double seconds = Seconds(work);
  std::filesystem::remove(path);
  ::sync();
  return seconds;
}

void MeasureWrite(const Bench& bench, const std::string& name,
                  const std::string& folder, double gate,
                  const Memory& memory) {
  if (!bench.Wants(name)) return;
  Document document;
  document.SetRoot(document.MakeBuffer(Buffer::BorrowMutable(
      {reinterpret_cast<uint8_t*>(memory.data()), memory.size()})));
  const std::string path = folder + "/written";
  bench.Compare(
      name, "write+rename", gate,
      [&] { return TimeToWrite(path, [&] { WriteArchive(path, document); }); },
      [&] {
        return TimeToWrite(path, [&] { WritePlainly(path, memory.chars()); });
      });
}

// An archive of `count` buffers of `size` bytes.
std::string MakeArchive(const std::string& path, size_t count, size_t size,
                        const Memory& memory) {
  Document document;
  std::vector<Value> items;
  for (size_t i = 0; i < count; ++i) {
    items.push_back(document.MakeBuffer(Buffer::BorrowMutable(
        {reinterpret_cast<uint8_t*>(memory.data()) + i * size, size})));
  }
  document.SetRoot(document.MakeList(items));
  WriteArchive(path, document);
  return path;
}

double TimeToLoad(const std::string& path, ArchiveAccess access,
                  Document* document) {
  return Seconds([&] {
    const auto reader = ArchiveReader::Open(path, access);
    Check(reader.status());
    Check(reader->Load(0, document));
  });
}

void MeasureMapped(const Bench& bench, const std::string& folder,
                   const Memory& memory) {
  constexpr double kMillisecond = 1e-3;
  for (const size_t size :
       {size_t{4} << 10, size_t{64} << 10, size_t{256} << 10}) {
    const std::string name =
        "archive_map_1000x" + std::to_string(size >> 10) + "K";
    if (!bench.Wants(name)) continue;
    const std::string path = MakeArchive(folder + "/many", kMany, size, memory);
    Document document;
    bench.Compare(
        name, "1 ms", 1,
        [&] {
          return TimeToLoad(path, ArchiveAccess::kCopyOnWrite, &document);
        },
        [] { return kMillisecond; }, /*times=*/4);
    document.Clear();
    std::filesystem::remove(path);
  }
}

// The bytes read into fresh memory on huge pages.
double TimeToRead(const std::string& path) {
  const size_t size = std::filesystem::file_size(path);
  void* memory = nullptr;
  const double seconds = Seconds([&] {
    const int fd = ::open(path.c_str(), O_RDONLY);
    constexpr size_t kPage = size_t{2} << 20;
    memory = std::aligned_alloc(kPage, (size + kPage - 1) / kPage * kPage);
    ::madvise(memory, size, MADV_HUGEPAGE);
    size_t at = 0;
    while (at < size) {
      const ssize_t count =
          ::read(fd, static_cast<char*>(memory) + at, size - at);
      Check(count > 0, "cannot read");
      at += static_cast<size_t>(count);
    }
    ::close(fd);
  });
  std::free(memory);
  return seconds;
}

void MeasureCopy(const Bench& bench, const std::string& folder,
                 const Memory& memory) {
  if (!bench.Wants("archive_load_copy")) return;
  const std::string path = MakeArchive(folder + "/one", 1, kLarge, memory);
  bench.Compare(
      "archive_load_copy", "read", 1.1,
      [&] {
        Document document;
        return TimeToLoad(path, ArchiveAccess::kCopy, &document);
      },
      [&] { return TimeToRead(path); });
  std::filesystem::remove(path);
}

void MeasureVerify(const Bench& bench, const std::string& folder,
                   const Memory& memory) {
  for (const size_t count : {size_t{1}, size_t{64}}) {
    const std::string name = "archive_verify_" + std::to_string(count);
    if (!bench.Wants(name)) continue;
    const std::string path =
        MakeArchive(folder + "/verified", count, kLarge / count, memory);
    const Memory target(kLarge);
    bench.Compare(
        name, "memcpy", 2,
        [&] {
          return Seconds([&] {
            const auto reader =
                ArchiveReader::Open(path, ArchiveAccess::kReadOnly);
            Check(reader.status());
            Check(reader->VerifyAll());
          });
        },
        [&] {
          return Seconds(
              [&] { std::memcpy(target.data(), memory.data(), kLarge); });
        });
    std::filesystem::remove(path);
  }
}

int Main(const std::vector<std::string>& arguments) {
  int repeats = 9;
  std::vector<std::string> cases;
  for (size_t i = 0; i + 1 < arguments.size(); i += 2) {
    if (arguments[i] == "--repeats")
      repeats = std::atoi(arguments[i + 1].c_str());
    if (arguments[i] == "--case") cases.push_back(arguments[i + 1]);
  }
  const Bench bench(repeats, cases);
  const std::string name = "archive_bench-" + std::to_string(::getpid());
  const std::string tmpfs = "/dev/shm/" + name;
  const std::string disk =
      std::filesystem::read_symlink("/proc/self/exe").parent_path() / name;
  std::filesystem::create_directory(tmpfs);
  std::filesystem::create_directory(disk);
  {
    const Memory memory(kLarge);
    MeasureWrite(bench, "archive_write_tmpfs", tmpfs, 1.3, memory);
    MeasureWrite(bench, "archive_write_disk", disk, 1.1, memory);
    MeasureMapped(bench, tmpfs, memory);
    MeasureCopy(bench, tmpfs, memory);
    MeasureVerify(bench, tmpfs, memory);
  }
  std::filesystem::remove_all(tmpfs);
  std::filesystem::remove_all(disk);
  return 0;
}

}  // namespace
}  // namespace pickle5

int main(int argc, char** argv) {
  return pickle5::Main({argv + 1, argv + argc});
}
