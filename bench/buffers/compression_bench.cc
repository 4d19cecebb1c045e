// What compressing buffers costs and saves: how fast each codec is on each kind
// of data, and below which speed of a link it pays, all of it on one core.

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "buffers/buffer.h"
#include "buffers/filters/compressing_sink.h"
#include "buffers/filters/decompressing_source.h"
#include "buffers/filters/lz4_codec.h"
#include "buffers/filters/zstd_codec.h"
#include "buffers/memory_sink.h"
#include "buffers/memory_source.h"

namespace pickle5::bench {
namespace {

constexpr size_t kBytes = size_t{64} << 20;

template <typename Number, typename Next>
Buffer Fill(Next next) {
  Buffer buffer = *Buffer::Allocate(kBytes);
  for (size_t at = 0; at < kBytes; at += sizeof(Number)) {
    const Number number = next();
    std::memcpy(buffer.mutable_data() + at, &number, sizeof(number));
  }
  return buffer;
}

Buffer MakeData(std::string_view kind) {
  std::mt19937_64 random(1);
  if (kind == "random float64") {
    std::normal_distribution<double> normal;
    return Fill<double>([&] { return normal(random); });
  }
  if (kind == "smooth float32") {
    double x = 0;
    return Fill<float>([&] { return static_cast<float>(std::sin(x += 1e-4)); });
  }
  if (kind == "counting int64") {
    int64_t i = 0;
    return Fill<int64_t>([&] { return i++; });
  }
  if (kind == "small int64") {
    return Fill<int64_t>([&] { return static_cast<int64_t>(random() % 100); });
  }
  return Fill<int64_t>([] { return 0; });
}

template <typename Run>
double LeastSeconds(int repeats, Run run) {
  double least = std::numeric_limits<double>::max();
  for (int i = 0; i < repeats; ++i) {
    const auto start = std::chrono::steady_clock::now();
    run();
    const std::chrono::duration<double> taken =
        std::chrono::steady_clock::now() - start;
    least = std::min(least, taken.count());
  }
  return least;
}

double MegabytesPerSecond(double bytes, double seconds) {
  return bytes / seconds / 1e6;
}

void Measure(std::string_view kind, const Buffer& data, BufferCodec& codec,
             int repeats) {
  std::vector<Buffer> passed;
  uint64_t size = 0;
  const double compress = LeastSeconds(repeats, [&] {
    MemorySink memory;
    CompressingSink sink(&codec, &memory);
    if (!sink.Accept(data).ok() || !sink.Close().ok()) std::exit(1);
    size = sink.bytes_passed();
    passed = memory.TakeBuffers();
  });
  const double decompress = LeastSeconds(repeats, [&] {
    MemorySource memory(passed);
    DecompressingSource source({&codec}, &memory);
    if (!source.Next().ok()) std::exit(1);
  });
  const auto all = static_cast<double>(kBytes);
  const double saved = all - static_cast<double>(size);
  std::printf("| %s | %s | %.1f %% | %.0f | ", std::string(kind).c_str(),
              std::string(codec.name()).c_str(),
              100.0 * static_cast<double>(size) / all,
              MegabytesPerSecond(all, compress));
  if (size == kBytes) {
    std::puts("stored | never |");
    return;
  }
  std::printf("%.0f | %.0f |\n", MegabytesPerSecond(all, decompress),
              MegabytesPerSecond(saved, compress + decompress));
}

}  // namespace
}  // namespace pickle5::bench

int main(int argc, char** argv) {
  using pickle5::bench::MakeData;
  using pickle5::bench::Measure;
  const int repeats = argc > 1 ? std::atoi(argv[1]) : 5;
  std::puts(
      "| data | codec | size | compress MB/s | decompress MB/s | pays below "
      "MB/s |\n|---|---|---|---|---|---|");
  for (const std::string_view kind :
       {"random float64", "smooth float32", "counting int64", "small int64",
        "zeros"}) {
    const pickle5::Buffer data = MakeData(kind);
    pickle5::ZstdCodec zstd;
    pickle5::Lz4Codec lz4;
    Measure(kind, data, zstd, repeats);
    Measure(kind, data, lz4, repeats);
  }
  return 0;
}
