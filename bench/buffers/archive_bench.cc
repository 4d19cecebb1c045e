// Measures the archive against what its bytes cost without it.
//
// Usage: archive_bench FOLDER [REPEATS]
//
// Prints lines "case<tab>op<tab>peer<tab>ours<tab>theirs" in seconds, each the
// least of the repeats, whose contestants took turns.

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
#include "pickle/archive_reader.h"
#include "pickle/archive_writer.h"
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

struct Contestant {
  std::string peer;
  std::function<double()> run;
  double least = 1e9;
};

// Runs ours and the others in turns; a line for each of the others.
void Compare(const std::string& name, const std::string& op, int repeats,
             std::vector<Contestant> all) {
  for (int i = 0; i < repeats; ++i) {
    for (Contestant& one : all) one.least = std::min(one.least, one.run());
  }
  for (size_t i = 1; i < all.size(); ++i) {
    std::printf("%s\t%s\t%s\t%.9f\t%.9f\n", name.c_str(), op.c_str(),
                all[i].peer.c_str(), all[0].least, all[i].least);
  }
  std::fflush(stdout);
}

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

void MeasureWrite(const std::string& name, const std::string& folder,
                  int repeats, const Memory& memory) {
  Document document;
  document.SetRoot(document.MakeBuffer(Buffer::BorrowMutable(
      {reinterpret_cast<uint8_t*>(memory.data()), memory.size()})));
  const std::string path = folder + "/written";
  Compare(name, "write", repeats,
          {{"pickle5",
            [&] {
              return TimeToWrite(path, [&] { WriteArchive(path, document); });
            }},
           {"write+fsync+rename", [&] {
              return TimeToWrite(path,
                                 [&] { WritePlainly(path, memory.chars()); });
            }}});
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

double TimeToOpenMapped(const std::string& path) {
  return Seconds([&] {
    const int fd = ::open(path.c_str(), O_RDONLY);
    const size_t size = std::filesystem::file_size(path);
    void* map = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    Check(map != MAP_FAILED, "cannot map");
    ::close(fd);
    ::munmap(map, size);
  });
}

void MeasureMapped(const std::string& folder, int repeats,
                   const Memory& memory) {
  for (const size_t size :
       {size_t{4} << 10, size_t{64} << 10, size_t{256} << 10}) {
    const std::string path = MakeArchive(folder + "/many", kMany, size, memory);
    Document document;
    Compare("1000x" + std::to_string(size >> 10) + "KiB", "load_mapped",
            repeats,
            {{"pickle5",
              [&] {
                return TimeToLoad(path, ArchiveAccess::kCopyOnWrite, &document);
              }},
             {"open+mmap", [&] { return TimeToOpenMapped(path); }}});
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

void MeasureCopyAndVerify(const std::string& folder, int repeats,
                          const Memory& memory) {
  const std::string path = MakeArchive(folder + "/one", 1, kLarge, memory);
  Compare("256MiB", "load_copy", repeats,
          {{"pickle5",
            [&] {
              Document document;
              return TimeToLoad(path, ArchiveAccess::kCopy, &document);
            }},
           {"read", [&] { return TimeToRead(path); }}});
  const auto verify = [](const std::string& file) {
    const auto reader = ArchiveReader::Open(file, ArchiveAccess::kReadOnly);
    Check(reader.status());
    Check(reader->VerifyAll());
  };
  const Memory target(kLarge);
  const auto copy = [&] {
    return Seconds([&] { std::memcpy(target.data(), memory.data(), kLarge); });
  };
  Compare("256MiB", "verify", repeats,
          {{"pickle5", [&] { return Seconds([&] { verify(path); }); }},
           {"memcpy", copy}});
  const std::string parts =
      MakeArchive(folder + "/parts", 64, kLarge / 64, memory);
  Compare("64x4MiB", "verify", repeats,
          {{"pickle5", [&] { return Seconds([&] { verify(parts); }); }},
           {"memcpy", copy}});
  std::filesystem::remove(path);
  std::filesystem::remove(parts);
}

int Main(int argc, char** argv) {
  if (argc < 2) Die("usage: archive_bench FOLDER [REPEATS]");
  const std::string disk = argv[1];
  const int repeats = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string tmpfs =
      "/dev/shm/archive_bench-" + std::to_string(::getpid());
  std::filesystem::create_directory(tmpfs);
  {
    const Memory memory(kLarge);
    MeasureWrite("256MiB_tmpfs", tmpfs, repeats, memory);
    MeasureMapped(tmpfs, 4 * repeats, memory);
    MeasureCopyAndVerify(tmpfs, repeats, memory);
    MeasureWrite("256MiB_disk", disk, repeats, memory);
  }
  std::filesystem::remove_all(tmpfs);
  return 0;
}

}  // namespace
}  // namespace pickle5

int main(int argc, char** argv) { return pickle5::Main(argc, argv); }
