#include "buffers/files/digest_check.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "buffers/digests/running_digest.h"
#include "buffers/io_status.h"

namespace pickle5 {
namespace {

// Less than that takes a thread longer to start than to digest.
constexpr uint64_t kBytesPerThread = uint64_t{4} << 20;
// What is read at a time: it is still in the cache when it is digested.
constexpr size_t kPiece = size_t{256} << 10;

class Check {
 public:
  Check(const FileBytes& file, std::span<const DigestedRange> all)
      : file_(file), all_(all) {}

  // Takes ranges until there are none, or none before a mismatch.
  void Work() {
    try {
      std::vector<char> piece;
      RunningDigest digest;
      for (size_t i = next_++; i < mismatch_; i = next_++) {
        const absl::StatusOr<bool> fits = Fits(all_[i], &piece, &digest);
        if (!fits.ok()) return Fail(fits.status());
        if (!*fits) Found(i);
      }
    } catch (const std::bad_alloc&) {
      Fail(OutOfMemoryStatus());
    }
  }

  // Touches the pages of memory ahead of who digests it: half the time of
  // digesting a mapping is that of its page faults.
  void Touch() const {
    constexpr size_t kPage = 4096;
    for (const DigestedRange& range : all_) {
      const std::string_view bytes = Bytes(range);
      for (size_t at = 0; at < bytes.size() && !done_; at += kPage) {
        (void)*static_cast<const volatile char*>(&bytes[at]);
      }
    }
  }
  // Ends Touch().
  void Done() { done_ = true; }

  absl::StatusOr<std::optional<size_t>> Result() {
    const size_t found = mismatch_;
    if (!status_.ok()) return status_;
    if (found == all_.size()) return std::optional<size_t>();
    return std::optional<size_t>(found);
  }

 private:
  absl::StatusOr<bool> Fits(const DigestedRange& range,
                            std::vector<char>* piece,
                            RunningDigest* digest) const {
    if (file_.memory() != nullptr) {
      return DigestOf(Bytes(range)) == range.digest;
    }
    piece->resize(kPiece);
    digest->Reset();
    for (uint64_t at = 0; at < range.length; at += kPiece) {
      const auto length =
          static_cast<size_t>(std::min<uint64_t>(kPiece, range.length - at));
      absl::Status status =
          file_.Read(range.offset + at, length, piece->data());
      if (!status.ok()) return status;
      digest->Add({piece->data(), length});
    }
    return digest->Get() == range.digest;
  }

  // Precondition: there is memory.
  std::string_view Bytes(const DigestedRange& range) const {
    return file_.memory()->chars().substr(static_cast<size_t>(range.offset),
                                          static_cast<size_t>(range.length));
  }

  void Found(size_t i) {
    size_t known = mismatch_;
    while (i < known && !mismatch_.compare_exchange_weak(known, i)) {
    }
  }

  void Fail(absl::Status status) {
    const std::lock_guard<std::mutex> lock(mutex_);
    status_.Update(std::move(status));
  }

  const FileBytes& file_;
  const std::span<const DigestedRange> all_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> mismatch_{all_.size()};
  std::atomic<bool> done_{false};
  std::mutex mutex_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<std::optional<size_t>> FirstMismatch(
    const FileBytes& file, std::span<const DigestedRange> all) {
  uint64_t total = 0;
  for (const DigestedRange& one : all) total += one.length;
  const uint64_t wanted =
      std::min<uint64_t>(std::max(1u, std::thread::hardware_concurrency()),
                         total / kBytesPerThread + 1);
  Check check(file, all);
  std::vector<std::thread> helpers;
  try {
    while (helpers.size() + 1 < std::min<uint64_t>(wanted, all.size())) {
      helpers.emplace_back([&check] { check.Work(); });
    }
    if (helpers.size() + 1 < wanted && file.memory() != nullptr) {
      helpers.emplace_back([&check] { check.Touch(); });
    }
  } catch (const std::system_error&) {
    // Fewer threads do the same.
  } catch (const std::bad_alloc&) {
  }
  check.Work();
  check.Done();
  for (std::thread& helper : helpers) helper.join();
  return check.Result();
}

}  // namespace pickle5
