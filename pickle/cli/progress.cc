#include "pickle/cli/progress.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "absl/strings/str_format.h"
#include "buffers/system/owned_fd.h"

namespace pickle5::cli {
namespace {

// What takes less than a second anyway needs no thread.
constexpr size_t kMinBytes = size_t{1} << 20;
constexpr int kWidth = 40;

}  // namespace

Progress::Progress(std::string label, std::string_view mapped)
    : label_(std::move(label)), mapped_(mapped) {
  if (mapped.size() >= kMinBytes && ::isatty(STDERR_FILENO) != 0) {
    thread_ = std::thread([this] { Show(); });
  }
}

Progress::~Progress() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    done_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void Progress::Show() {
  using std::chrono::milliseconds;
  std::unique_lock<std::mutex> lock(mutex_);
  const auto is_done = [this] { return done_; };
  if (wake_.wait_for(lock, milliseconds(1000), is_done)) return;
  do {
    const double share = TouchedShare();
    const int filled = static_cast<int>(share * kWidth);
    const std::string line = absl::StrFormat(
        "\r%s [%s%s] %3.0f %%", label_,
        std::string(static_cast<size_t>(filled), '#'),
        std::string(static_cast<size_t>(kWidth - filled), ' '), share * 100);
    std::fputs(line.c_str(), stderr);
  } while (!wake_.wait_for(lock, milliseconds(200), is_done));
  std::fputs("\r\033[K", stderr);
}

double Progress::TouchedShare() const {
  // proc(5): 64 bits a page, the highest says that the page is present.
  const OwnedFd pagemap(::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  if (!pagemap.valid()) return 0;
  const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  const uint64_t first = reinterpret_cast<uint64_t>(mapped_.data()) / page;
  const uint64_t pages = mapped_.size() / page + 1;
  std::array<uint64_t, 512> entries;
  // The last touched page, looked for from the end in steps of 512.
  for (uint64_t end = pages; end > 0;) {
    const uint64_t count = std::min<uint64_t>(end, entries.size());
    const ssize_t got =
        ::pread(pagemap.get(), entries.data(), count * sizeof(uint64_t),
                static_cast<off_t>((first + end - count) * sizeof(uint64_t)));
    if (got != static_cast<ssize_t>(count * sizeof(uint64_t))) return 0;
    for (uint64_t i = count; i > 0; --i) {
      if (entries[i - 1] >> 63 != 0) {
        return static_cast<double>(end - count + i) /
               static_cast<double>(pages);
      }
    }
    end -= count;
  }
  return 0;
}

}  // namespace pickle5::cli
