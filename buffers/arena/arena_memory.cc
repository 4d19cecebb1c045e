#include "buffers/arena/arena_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "buffers/files/buffer_file_index.h"
#include "buffers/files/buffer_file_writer.h"
#include "buffers/io_status.h"
#include "buffers/system/memfd.h"
#include "buffers/system/parallel_copy.h"
#include "buffers/system/uninterrupted.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif

namespace pickle5 {
namespace {

absl::StatusOr<ArenaId> RandomId() {
  ArenaId id;
  if (::getrandom(id.data(), id.size(), 0) != static_cast<ssize_t>(id.size())) {
    return IoStatus(errno, "get random bytes");
  }
  return id;
}

// Where the buffers of a message stand, and the index behind them.
struct Layout {
  std::vector<BufferFileEntry> entries;
  std::string index;
  uint64_t index_offset = 0;

  uint64_t size() const { return index_offset + index.size(); }
};

Layout LayOut(std::span<const Buffer> buffers) {
  Layout layout;
  uint64_t end = kBufferFileHeaderSize;
  for (const Buffer& buffer : buffers) {
    layout.entries.push_back(
        DescribeInBufferFile(buffer, AlignInBufferFile(end)));
    end = layout.entries.back().offset + buffer.nbytes();
  }
  layout.index_offset = AlignInBufferFile(end);
  layout.index = EncodeBufferFileIndex(layout.entries, layout.index_offset);
  return layout;
}

void CopyTo(uint8_t* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
}

void WriteMessage(const Layout& layout, std::span<const Buffer> buffers,
                  uint8_t* to) {
  CopyTo(to, EncodeBufferFileHeader());
  uint64_t end = kBufferFileHeaderSize;
  for (size_t i = 0; i < buffers.size(); ++i) {
    const uint64_t offset = layout.entries[i].offset;
    // The block may hold an older message.
    std::memset(to + end, 0, offset - end);
    ParallelCopy(to + offset, buffers[i].bytes());
    end = offset + buffers[i].nbytes();
  }
  std::memset(to + end, 0, layout.index_offset - end);
  CopyTo(to + layout.index_offset, layout.index);
}

}  // namespace

ArenaMemory::ArenaMemory(OwnedFd fd, uint8_t* data, uint32_t blocks,
                         std::unique_ptr<LeaseTable> leases)
    : fd_(std::move(fd)),
      data_(data),
      blocks_(blocks),
      allocated_(blocks, false),
      leases_(std::move(leases)),
      id_(leases_->id()) {
  StartObserving();
}

ArenaMemory::~ArenaMemory() {
  StopObserving();
  if (foreign()) return;
  leases_->Retire();
  ::munmap(data_, blocks_ * kArenaBlockSize);
}

absl::StatusOr<std::shared_ptr<ArenaMemory>> ArenaMemory::Create(
    uint64_t capacity) {
  const uint64_t blocks = (capacity + kArenaBlockSize - 1) / kArenaBlockSize;
  if (blocks == 0 || blocks > UINT32_MAX) {
    return absl::InvalidArgumentError(
        absl::StrCat("an arena cannot have ", capacity, " bytes"));
  }
  const size_t size = blocks * kArenaBlockSize;
  const absl::StatusOr<ArenaId> id = RandomId();
  if (!id.ok()) return id.status();
  absl::StatusOr<OwnedFd> fd = CreateMemfd("pickle5-arena");
  if (!fd.ok()) return fd.status();
  if (Uninterrupted([&] {
        return ::ftruncate(fd->get(), static_cast<off_t>(size));
      }) != 0) {
    return IoStatus(errno, "size an arena");
  }
  absl::StatusOr<std::unique_ptr<LeaseTable>> leases =
      LeaseTable::Create(*id, static_cast<uint32_t>(blocks));
  if (!leases.ok()) return leases.status();
  void* const data =
      ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd->get(), 0);
  if (data == MAP_FAILED) return IoStatus(errno, "map an arena");
  absl::Cleanup unmap = [data, size] { ::munmap(data, size); };
  // Advice: where huge pages are not to be had, small ones serve. Only the
  // sender writes, so a child has no use for the mapping.
  ::madvise(data, size, MADV_HUGEPAGE);
  ::madvise(data, size, MADV_DONTFORK);
  absl::Status sealed =
      AddSeals(fd->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_FUTURE_WRITE);
  // Kernels before 5.1 do not know the last one.
  if (GetErrno(sealed) == EINVAL) {
    sealed = AddSeals(fd->get(), F_SEAL_SHRINK | F_SEAL_GROW);
  }
  if (sealed.ok()) sealed = AddSeals(fd->get(), F_SEAL_SEAL);
  if (!sealed.ok()) return sealed;
  std::unique_ptr<ArenaMemory> arena(
      new ArenaMemory(*std::move(fd), static_cast<uint8_t*>(data),
                      static_cast<uint32_t>(blocks), *std::move(leases)));
  std::move(unmap).Cancel();
  return std::shared_ptr<ArenaMemory>(std::move(arena));
}

void ArenaMemory::BeforeFork() { mutex_.lock(); }
void ArenaMemory::AfterForkInParent() { mutex_.unlock(); }
void ArenaMemory::AfterForkInChild() {
  // The parent's lock on its table lives as long as a copy of the descriptor.
  leases_.reset();
  fd_ = OwnedFd();
  data_ = nullptr;
  mutex_.unlock();
}

absl::StatusOr<ArenaMessage> ArenaMemory::Write(
    std::span<const Buffer> buffers) {
  const Layout layout = LayOut(buffers);
  const uint64_t count =
      (layout.size() + kArenaBlockSize - 1) / kArenaBlockSize;
  if (count > blocks_) {
    return absl::ResourceExhaustedError(
        absl::StrCat("a message of ", layout.size(), " bytes in an arena of ",
                     blocks_ * kArenaBlockSize));
  }
  const absl::StatusOr<LeaseId> lease =
      TakeBlocks(static_cast<uint32_t>(count));
  if (!lease.ok()) return lease.status();
  const uint64_t offset = leases_->RunOf(*lease).first * kArenaBlockSize;
  ArenaMessage message(shared_from_this(), *lease, offset, layout.size());
  WriteMessage(layout, buffers, data_ + offset);
  return message;
}

absl::StatusOr<LeaseId> ArenaMemory::TakeBlocks(uint32_t count) {
  const std::lock_guard<ForkMutex> lock(mutex_);
  if (foreign()) {
    return absl::FailedPreconditionError("the arena of a parent process");
  }
  std::vector<bool> used(blocks_, false);
  leases_->ForEachRun([&used](BlockRun run) {
    for (uint32_t i = 0; i < run.count; ++i) used[run.first + i] = true;
  });
  // The lowest run that fits: blocks that were used before come first.
  uint32_t free = 0;
  for (uint32_t block = 0; block < blocks_; ++block) {
    free = used[block] ? 0 : free + 1;
    if (free < count) continue;
    const BlockRun run = {block + 1 - count, count};
    absl::Status allocated = Allocate(run);
    if (!allocated.ok()) return allocated;
    const std::optional<LeaseId> lease =
        leases_->Take(run, LeaseTable::kSender);
    if (lease) return *lease;
    return absl::ResourceExhaustedError("no lease of the arena is free");
  }
  return absl::ResourceExhaustedError(
      absl::StrCat("no ", count, " blocks of the arena are free"));
}

absl::Status ArenaMemory::Allocate(BlockRun run) {
  for (uint32_t i = run.first; i < run.first + run.count; ++i) {
    if (allocated_[i]) continue;
    uint32_t end = i + 1;
    while (end < run.first + run.count && !allocated_[end]) ++end;
    const size_t offset = i * kArenaBlockSize;
    const size_t size = (end - i) * kArenaBlockSize;
    const int result = Uninterrupted([&] {
      return ::fallocate(fd_.get(), 0, static_cast<off_t>(offset),
                         static_cast<off_t>(size));
    });
    if (result != 0) return IoStatus(errno, "allocate blocks of an arena");
    // One call costs less than a fault for each page; kernels before 5.14 do
    // without.
    ::madvise(data_ + offset, size, MADV_POPULATE_WRITE);
    for (uint32_t block = i; block < end; ++block) allocated_[block] = true;
    i = end - 1;
  }
  return absl::OkStatus();
}

std::vector<int> ArenaMemory::fds() const {
  if (foreign()) return {};
  return {fd_.get(), leases_->fd()};
}

bool ArenaMemory::IsOffered(LeaseId lease) const {
  return !foreign() && leases_->IsOffered(lease);
}

void ArenaMemory::Revoke(LeaseId lease) {
  if (!foreign()) leases_->Revoke(lease);
}

ArenaMessage::~ArenaMessage() {
  if (memory_ != nullptr && !memory_->foreign()) {
    memory_->leases_->Release(lease_);
  }
}

absl::StatusOr<LeaseId> ArenaMessage::OfferLease() const {
  if (memory_->foreign()) {
    return absl::FailedPreconditionError("a message of a parent process");
  }
  const std::optional<LeaseId> lease =
      memory_->leases_->Offer(memory_->leases_->RunOf(lease_));
  if (lease) return *lease;
  return absl::ResourceExhaustedError("no lease of the arena is free");
}

}  // namespace pickle5
