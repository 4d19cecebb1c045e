#include "buffers/arena/arena_view.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>
#include <mutex>
#include <new>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "buffers/arena/arena_memory.h"
#include "buffers/io_status.h"
#include "buffers/system/memfd.h"

namespace pickle5 {

ArenaView::ArenaView(OwnedFd data, uint64_t size,
                     std::unique_ptr<LeaseTable> leases)
    : data_(std::move(data)), size_(size), leases_(std::move(leases)) {
  StartObserving();
}

ArenaView::~ArenaView() {
  StopObserving();
  if (whole_ != nullptr) ::munmap(const_cast<uint8_t*>(whole_), size_);
}

absl::StatusOr<std::shared_ptr<ArenaView>> ArenaView::Open(OwnedFd data,
                                                           OwnedFd leases) {
  absl::Status sealed =
      CheckSeals(data.get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  if (!sealed.ok()) return sealed;
  absl::StatusOr<std::unique_ptr<LeaseTable>> table =
      LeaseTable::Open(leases.get());
  if (!table.ok()) return table.status();
  struct stat info = {};
  if (::fstat(data.get(), &info) != 0) return IoStatus(errno, "stat an arena");
  const auto size = static_cast<uint64_t>(info.st_size);
  if (size != uint64_t{(*table)->blocks()} * kArenaBlockSize) {
    return absl::DataLossError("an arena and its leases differ in size");
  }
  return std::shared_ptr<ArenaView>(
      new ArenaView(std::move(data), size, *std::move(table)));
}

void ArenaView::BeforeFork() {
  mutex_.lock();
  if (held_.empty()) return;
  absl::StatusOr<LeaseOwner> heir = leases_->NewOwner();
  if (heir.ok()) heir_ = *std::move(heir);
  for (Held& held : held_) {
    std::optional<LeaseId> lease;
    if (heir_.lock.valid()) {
      lease = leases_->Take(leases_->RunOf(held.lease), heir_.index);
    }
    held.has_heir = lease.has_value();
    if (lease) {
      held.heir = *lease;
    } else {
      leases_->Pin(held.lease);
    }
  }
}

void ArenaView::AfterForkInParent() {
  // Now only the child has it: if there is none, its leases end here.
  heir_ = LeaseOwner();
  mutex_.unlock();
}

void ArenaView::AfterForkInChild() {
  if (!heir_.lock.valid()) {
    absl::StatusOr<LeaseOwner> owner = leases_->NewOwner();
    if (owner.ok()) heir_ = *std::move(owner);
  }
  leases_->Become(std::exchange(heir_, LeaseOwner()));
  for (Held& held : held_) {
    if (held.has_heir) held.lease = held.heir;
  }
  mutex_.unlock();
}

absl::StatusOr<Buffer> ArenaView::Take(LeaseId lease, uint64_t offset,
                                       uint64_t length, MapAccess access) {
  std::list<Held>::iterator held;
  {
    const std::lock_guard<ForkMutex> lock(mutex_);
    held_.emplace_front();
    held = held_.begin();
    if (!leases_->Accept(lease)) {
      held_.erase(held);
      return absl::FailedPreconditionError(
          "the message was taken before, or is not offered any more");
    }
    held->lease = lease;
  }
  absl::StatusOr<Buffer> bytes = Map(held, offset, length, access);
  return bytes;
}

absl::StatusOr<Buffer> ArenaView::Map(std::list<Held>::iterator held,
                                      uint64_t offset, uint64_t length,
                                      MapAccess access) {
  // From here on the lease ends with the last reference to it.
  const std::shared_ptr<ArenaView> self = shared_from_this();
  std::shared_ptr<const void> lease(
      &*held, [self, held](const void*) { self->Release(held); });
  const BlockRun run = leases_->RunOf(held->lease);
  const uint64_t begin = uint64_t{run.first} * kArenaBlockSize;
  const uint64_t size = uint64_t{run.count} * kArenaBlockSize;
  if (length == 0 || offset != begin || length > size) {
    return absl::DataLossError(
        absl::StrCat(length, " bytes at ", offset,
                     " of an arena are not in the blocks of their lease"));
  }
  if (access == MapAccess::kReadOnly) {
    const absl::StatusOr<const uint8_t*> whole = Whole();
    if (!whole.ok()) return whole.status();
    return Buffer::WithOwner(*whole + offset, length, /*readonly=*/true,
                             std::move(lease));
  }
  void* const memory =
      ::mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_PRIVATE, data_.get(),
             static_cast<off_t>(offset));
  if (memory == MAP_FAILED) return IoStatus(errno, "map blocks of an arena");
  absl::Cleanup unmap = [memory, length] { ::munmap(memory, length); };
  std::function<void()> release = [memory, length, lease] {
    ::munmap(memory, length);
  };
  std::move(unmap).Cancel();
  return Buffer::WithReleaser(memory, length, /*readonly=*/false,
                              std::move(release));
}

absl::StatusOr<const uint8_t*> ArenaView::Whole() {
  const std::lock_guard<ForkMutex> lock(mutex_);
  if (whole_ == nullptr) {
    void* const memory =
        ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, data_.get(), 0);
    if (memory == MAP_FAILED) return IoStatus(errno, "map an arena");
    ::madvise(memory, size_, MADV_HUGEPAGE);
    whole_ = static_cast<const uint8_t*>(memory);
  }
  return whole_;
}

void ArenaView::Release(std::list<Held>::iterator held) {
  const std::lock_guard<ForkMutex> lock(mutex_);
  leases_->Release(held->lease);
  held_.erase(held);
}

}  // namespace pickle5
