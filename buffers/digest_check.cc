#include "buffers/digest_check.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

namespace pickle5 {
namespace {

// Less than that takes a thread longer to start than to digest.
constexpr uint64_t kBytesPerThread = uint64_t{4} << 20;

class Check {
 public:
  explicit Check(std::span<const DigestedBytes> all) : all_(all) {}

  // Takes elements until there are none, or none before a mismatch.
  void Work() {
    for (size_t i = next_++; i < mismatch_; i = next_++) {
      if (DigestOf(all_[i].bytes) == all_[i].digest) continue;
      size_t known = mismatch_;
      while (i < known && !mismatch_.compare_exchange_weak(known, i)) {
      }
    }
  }

  size_t mismatch() const { return mismatch_; }

 private:
  const std::span<const DigestedBytes> all_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> mismatch_{all_.size()};
};

}  // namespace

std::optional<size_t> FirstMismatch(std::span<const DigestedBytes> all) {
  uint64_t total = 0;
  for (const DigestedBytes& one : all) total += one.bytes.size();
  const uint64_t wanted =
      std::min<uint64_t>({std::max(1u, std::thread::hardware_concurrency()),
                          total / kBytesPerThread + 1, all.size()});
  Check check(all);
  std::vector<std::thread> helpers;
  try {
    while (helpers.size() + 1 < wanted) {
      helpers.emplace_back([&check] { check.Work(); });
    }
  } catch (const std::system_error&) {
    // Fewer threads do the same.
  } catch (const std::bad_alloc&) {
  }
  check.Work();
  for (std::thread& helper : helpers) helper.join();
  if (check.mismatch() == all.size()) return std::nullopt;
  return check.mismatch();
}

}  // namespace pickle5
