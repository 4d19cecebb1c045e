// A place for buffers of one's own: a sink and a source in one file. This one
// keeps each buffer in a file of a directory.

#include <pickle5/pickle5.h>
#include <stdlib.h>

#include <cstdio>
#include <filesystem>
#include <string>

namespace {

std::string NameOf(const std::string& directory, uint64_t index) {
  return directory + "/" + std::to_string(index) + ".bin";
}

class DirectorySink final : public pickle5::BufferSink {
 public:
  explicit DirectorySink(std::string directory)
      : directory_(std::move(directory)) {}

 protected:
  absl::StatusOr<Placement> AcceptBuffer(
      const pickle5::Buffer& buffer) override {
    auto file =
        pickle5::AtomicFile::Create(NameOf(directory_, counters().buffers));
    if (!file.ok()) return file.status();
    if (!(*file)->writer().WriteLarge(buffer.chars())) {
      return (*file)->writer().status();
    }
    const absl::Status status = (*file)->Commit();
    if (!status.ok()) return status;
    CountCopied(buffer.nbytes());
    return Placement::kOutOfBand;
  }

  absl::Status Publish() override { return absl::OkStatus(); }

 private:
  std::string directory_;
};

class DirectorySource final : public pickle5::BufferSource {
 public:
  explicit DirectorySource(std::string directory)
      : directory_(std::move(directory)) {}

 protected:
  absl::StatusOr<pickle5::Buffer> NextBuffer() override {
    auto buffer = pickle5::MapFile(NameOf(directory_, count()),
                                   pickle5::MapAccess::kCopyOnWrite);
    if (absl::IsNotFound(buffer.status())) return EndOfBuffers();
    if (buffer.ok()) CountMapped(buffer->nbytes());
    return buffer;
  }

 private:
  std::string directory_;
};

}  // namespace

int main() {
  char directory[] = "/tmp/custom-place-XXXXXX";
  if (::mkdtemp(directory) == nullptr) return 1;

  pickle5::Document out;
  pickle5::Maker make(&out);
  out.SetRoot(make.List(
      {out.MakeBuffer(pickle5::Buffer::Borrow("the first buffer")),
       out.MakeBuffer(pickle5::Buffer::Borrow("the second buffer"))}));
  DirectorySink sink(directory);
  // What stands before a place works with this one, too.
  pickle5::DigestingSink digesting(&sink);
  pickle5::MemoryByteWriter pickle;
  absl::Status status = pickle5::Dump(out, pickle, {}, &digesting);
  status.Update(digesting.Close());  // a Dump() that failed has abandoned it

  DirectorySource source(directory);
  pickle5::DigestingSource verified(&source);
  pickle5::Document in;
  status.Update(in.LoadBorrowed(pickle.written(), {}, &verified));
  const auto files = std::filesystem::remove_all(directory) - 1;
  if (!status.ok()) {
    std::printf("%s\n", status.ToString().c_str());
    return 1;
  }
  const std::string text(in.root()[1].buffer()->chars());
  std::printf("%ju files, %s\n", files, text.c_str());
  return files == 4 && text == "the second buffer" &&
                 source.counters().bytes_mapped == 16 + 17 + 2 * 16
             ? 0
             : 1;
}
