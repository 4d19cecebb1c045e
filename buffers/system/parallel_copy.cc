#include "buffers/system/parallel_copy.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <system_error>
#include <thread>

namespace pickle5 {
namespace {

// Starting a thread costs about what copying 200 KiB does, and parts below the
// size of the caches are written through them: so large is worth it.
constexpr size_t kLeastPart = size_t{32} << 20;
constexpr size_t kMaxThreads = 4;
constexpr size_t kPage = 4096;

}  // namespace

size_t CopyThreads(size_t bytes, size_t processors) {
  return std::clamp<size_t>(std::min(bytes / kLeastPart, processors), 1,
                            kMaxThreads);
}

void ParallelCopy(uint8_t* to, std::span<const uint8_t> from) {
  if (from.empty()) return;
  const size_t threads =
      from.size() < 2 * kLeastPart
          ? 1
          : CopyThreads(from.size(), std::thread::hardware_concurrency());
  const size_t part = (from.size() / threads + kPage - 1) / kPage * kPage;
  std::array<std::thread, kMaxThreads> others;
  size_t rest = 0;  // where those parts begin that no other thread copies
  try {
    for (size_t i = 0; i + 1 < threads; ++i) {
      others[i] =
          std::thread([to = to + rest, piece = from.subspan(rest, part)] {
            std::memcpy(to, piece.data(), piece.size());
          });
      rest += part;
    }
  } catch (const std::system_error&) {
    // Without further threads this one does more.
  } catch (const std::bad_alloc&) {
  }
  std::memcpy(to + rest, from.data() + rest, from.size() - rest);
  for (std::thread& other : others) {
    if (other.joinable()) other.join();
  }
}

}  // namespace pickle5
