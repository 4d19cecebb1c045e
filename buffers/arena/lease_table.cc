#include "buffers/arena/lease_table.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bitset>
#include <cerrno>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "buffers/system/memfd.h"
#include "buffers/system/uninterrupted.h"

namespace pickle5 {
namespace {

constexpr uint64_t kMagic = 0x31534b4c354c4b50U;  // "PKL5LKS1"

// A slot's word: generation in the upper half, then owner, then state.
constexpr uint64_t kFree = 0;
constexpr uint64_t kOffered = 1;
constexpr uint64_t kTaken = 2;
constexpr uint64_t kPinned = 3;
constexpr uint64_t kStateMask = 0xffff;

uint64_t Word(uint32_t generation, uint16_t owner, uint64_t state) {
  return (uint64_t{generation} << 32) | (uint64_t{owner} << 16) | state;
}
uint32_t GenerationOf(uint64_t word) {
  return static_cast<uint32_t>(word >> 32);
}
uint16_t OwnerOf(uint64_t word) { return static_cast<uint16_t>(word >> 16); }
uint64_t StateOf(uint64_t word) { return word & kStateMask; }

// What a slot's word becomes when its use ends.
uint64_t Freed(uint64_t word) { return Word(GenerationOf(word) + 1, 0, kFree); }

// A descriptor that was passed on or inherited shares its locks: a lock of
// one's own needs an open file description of one's own.
absl::StatusOr<OwnedFd> Reopen(int fd) {
  const std::string path = absl::StrCat("/proc/self/fd/", fd);
  OwnedFd own(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!own.valid()) return IoStatus(errno, "open leases");
  return own;
}

struct flock ByteLock(uint16_t owner) {
  struct flock lock = {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = owner;
  lock.l_len = 1;
  return lock;
}

}  // namespace

struct LeaseTable::Memory {
  struct Slot {
    std::atomic<uint64_t> word;
    std::atomic<uint64_t> run;  // first block in the upper half, then count
  };

  uint64_t magic;
  ArenaId id;
  uint32_t blocks;
  std::atomic<uint32_t> retired;
  std::array<Slot, kSlots> slots;
};
static_assert(std::atomic<uint64_t>::is_always_lock_free);

absl::StatusOr<std::unique_ptr<LeaseTable>> LeaseTable::Map(OwnedFd fd) {
  void* const memory = ::mmap(nullptr, sizeof(Memory), PROT_READ | PROT_WRITE,
                              MAP_SHARED, fd.get(), 0);
  if (memory == MAP_FAILED) return IoStatus(errno, "map leases");
  absl::Cleanup unmap = [memory] { ::munmap(memory, sizeof(Memory)); };
  std::unique_ptr<LeaseTable> table(
      new LeaseTable(std::move(fd), static_cast<Memory*>(memory)));
  std::move(unmap).Cancel();
  return table;
}

absl::StatusOr<std::unique_ptr<LeaseTable>> LeaseTable::Create(
    const ArenaId& id, uint32_t blocks) {
  absl::StatusOr<OwnedFd> fd = CreateMemfd("pickle5-leases");
  if (!fd.ok()) return fd.status();
  // Allocated now, so that no later touch is a SIGBUS.
  const int memory_fd = fd->get();
  if (Uninterrupted([=] { return ::ftruncate(memory_fd, sizeof(Memory)); }) !=
          0 ||
      Uninterrupted(
          [=] { return ::fallocate(memory_fd, 0, 0, sizeof(Memory)); }) != 0) {
    return IoStatus(errno, "allocate leases");
  }
  absl::Status sealed =
      AddSeals(fd->get(), F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  if (!sealed.ok()) return sealed;
  struct flock lock = ByteLock(kSender);
  if (::fcntl(fd->get(), F_OFD_SETLK, &lock) != 0) {
    return IoStatus(errno, "lock leases");
  }
  absl::StatusOr<std::unique_ptr<LeaseTable>> made = Map(*std::move(fd));
  if (!made.ok()) return made;
  std::unique_ptr<LeaseTable> table = *std::move(made);
  // Fresh memory is zero: all slots are free.
  table->memory_->magic = kMagic;
  table->memory_->id = id;
  table->memory_->blocks = blocks;
  return table;
}

absl::StatusOr<std::unique_ptr<LeaseTable>> LeaseTable::Open(int fd) {
  absl::Status sealed =
      CheckSeals(fd, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  if (!sealed.ok()) return sealed;
  struct stat info = {};
  if (::fstat(fd, &info) != 0) return IoStatus(errno, "stat leases");
  if (info.st_size != sizeof(Memory)) {
    return absl::DataLossError("the leases of an arena have another size");
  }
  absl::StatusOr<OwnedFd> own = Reopen(fd);
  if (!own.ok()) return own.status();
  absl::StatusOr<std::unique_ptr<LeaseTable>> made = Map(*std::move(own));
  if (!made.ok()) return made;
  std::unique_ptr<LeaseTable> table = *std::move(made);
  if (table->memory_->magic != kMagic) {
    return absl::DataLossError("not the leases of an arena");
  }
  const absl::StatusOr<uint16_t> owner = table->LockFreeOwner(table->fd());
  if (!owner.ok()) return owner.status();
  table->owner_ = *owner;
  return table;
}

LeaseTable::~LeaseTable() { ::munmap(memory_, sizeof(Memory)); }

const ArenaId& LeaseTable::id() const { return memory_->id; }
uint32_t LeaseTable::blocks() const { return memory_->blocks; }

absl::StatusOr<uint16_t> LeaseTable::LockFreeOwner(int fd) {
  for (uint16_t i = kSender + 1; i < kMaxOwners; ++i) {
    struct flock lock = ByteLock(i);
    if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) {
      // Whoever was i before is dead.
      DropOwner(i);
      return i;
    }
    if (errno != EAGAIN && errno != EACCES) {
      return IoStatus(errno, "lock leases");
    }
  }
  return absl::UnavailableError(
      absl::StrCat("an arena has ", kMaxOwners, " users"));
}

absl::StatusOr<LeaseOwner> LeaseTable::NewOwner() {
  LeaseOwner owner;
  absl::StatusOr<OwnedFd> lock = Reopen(fd_.get());
  if (!lock.ok()) return lock.status();
  owner.lock = *std::move(lock);
  const absl::StatusOr<uint16_t> index = LockFreeOwner(owner.lock.get());
  if (!index.ok()) return index.status();
  owner.index = *index;
  return owner;
}

void LeaseTable::Become(LeaseOwner owner) {
  fd_ = std::move(owner.lock);
  owner_ = owner.index;
}

std::optional<LeaseId> LeaseTable::FromFree(BlockRun run, uint64_t state) {
  const uint32_t start = next_slot_.load(std::memory_order_relaxed);
  for (uint32_t i = 0; i < kSlots; ++i) {
    const uint32_t index = (start + i) % kSlots;
    Memory::Slot& slot = memory_->slots[index];
    uint64_t word = slot.word.load(std::memory_order_acquire);
    if (StateOf(word) != kFree) continue;
    const uint32_t generation = GenerationOf(word) + 1;
    if (slot.word.compare_exchange_strong(
            word, (uint64_t{generation} << 32) | state)) {
      slot.run.store((uint64_t{run.first} << 32) | run.count);
      next_slot_.store(index + 1, std::memory_order_relaxed);
      return LeaseId{index, generation};
    }
  }
  return std::nullopt;
}

std::optional<LeaseId> LeaseTable::Take(BlockRun run, uint16_t owner) {
  return FromFree(run, Word(0, owner, kTaken));
}

std::optional<LeaseId> LeaseTable::Offer(BlockRun run) {
  return FromFree(run, kOffered);
}

bool LeaseTable::Accept(LeaseId lease) {
  if (lease.slot >= kSlots || owner_ == LeaseOwner::kNobody) return false;
  uint64_t word = Word(lease.generation, 0, kOffered);
  return memory_->slots[lease.slot].word.compare_exchange_strong(
      word, Word(lease.generation, owner_, kTaken));
}

bool LeaseTable::Revoke(LeaseId lease) {
  uint64_t word = Word(lease.generation, 0, kOffered);
  return memory_->slots[lease.slot].word.compare_exchange_strong(word,
                                                                 Freed(word));
}

void LeaseTable::Release(LeaseId lease) {
  uint64_t word = Word(lease.generation, owner_, kTaken);
  memory_->slots[lease.slot].word.compare_exchange_strong(word, Freed(word));
}

void LeaseTable::Pin(LeaseId lease) {
  uint64_t word = Word(lease.generation, owner_, kTaken);
  memory_->slots[lease.slot].word.compare_exchange_strong(
      word, Word(lease.generation, 0, kPinned));
}

bool LeaseTable::IsOffered(LeaseId lease) const {
  return memory_->slots[lease.slot].word.load() ==
         Word(lease.generation, 0, kOffered);
}

// Others may write here: what they write is not believed.
BlockRun LeaseTable::Clipped(uint64_t run) const {
  const auto first = static_cast<uint32_t>(run >> 32);
  const auto count = static_cast<uint32_t>(run);
  const uint32_t blocks = memory_->blocks;
  if (first >= blocks) return {};
  return {first, std::min(count, blocks - first)};
}

BlockRun LeaseTable::RunOf(LeaseId lease) const {
  return Clipped(memory_->slots[lease.slot].run.load());
}

void LeaseTable::ForEachRun(const std::function<void(BlockRun)>& use) {
  std::bitset<kMaxOwners> alive;
  alive.set(kSender);
  for (Memory::Slot& slot : memory_->slots) {
    uint64_t word = slot.word.load(std::memory_order_acquire);
    if (StateOf(word) == kFree) continue;
    const uint16_t owner = OwnerOf(word) % kMaxOwners;
    if (StateOf(word) == kTaken && !alive[owner]) {
      // Asked after the word was read: an index may get a new owner, who is
      // alive, at any time.
      alive[owner] = IsAlive(owner);
      if (!alive[owner] &&
          slot.word.compare_exchange_strong(word, Freed(word))) {
        continue;
      }
    }
    use(Clipped(slot.run.load()));
  }
}

bool LeaseTable::IsAlive(uint16_t owner) const {
  struct flock lock = ByteLock(owner);
  // Where the kernel does not say, nobody is declared dead.
  return ::fcntl(fd_.get(), F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

void LeaseTable::DropOwner(uint16_t owner) {
  for (Memory::Slot& slot : memory_->slots) {
    uint64_t word = slot.word.load();
    if (StateOf(word) == kTaken && OwnerOf(word) == owner) {
      slot.word.compare_exchange_strong(word, Freed(word));
    }
  }
}

bool LeaseTable::retired() const {
  return memory_->retired.load() != 0 ||
         (owner_ != kSender && !IsAlive(kSender));
}

void LeaseTable::Retire() { memory_->retired.store(1); }

}  // namespace pickle5
