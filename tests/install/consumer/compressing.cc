#include <pickle5/buffers/lz4_codec.h>
#include <pickle5/buffers/zstd_codec.h>
#include <pickle5/pickle5.h>

#include <string>
#include <vector>

namespace {

bool Survives(pickle5::BufferCodec& codec) {
  const std::string payload(100'000, 'x');
  pickle5::MemorySink memory;
  pickle5::CompressingSink sink(&codec, &memory);
  if (!sink.Accept(pickle5::Buffer::Borrow(payload)).ok()) return false;
  if (!sink.Close().ok() || sink.bytes_passed() > 1'000) return false;
  pickle5::MemorySource passed(memory.TakeBuffers());
  pickle5::DecompressingSource source({&codec}, &passed);
  const auto buffer = source.Next();
  return buffer.ok() && buffer->chars() == payload;
}

}  // namespace

int main() {
  pickle5::ZstdCodec zstd;
  pickle5::Lz4Codec lz4;
  return Survives(zstd) && Survives(lz4) ? 0 : 1;
}
