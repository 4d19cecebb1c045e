#ifndef PICKLE5_BUFFERS_ARENA_ARENA_VIEW_H_
#define PICKLE5_BUFFERS_ARENA_ARENA_VIEW_H_

#include <cstdint>
#include <list>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/arena/lease_table.h"
#include "buffers/buffer.h"
#include "buffers/system/fork_mutex.h"
#include "buffers/system/fork_observer.h"
#include "buffers/system/mapping.h"
#include "buffers/system/owned_fd.h"

namespace pickle5 {

// An arena in a process that receives from it.
//
// Readonly messages are views of one mapping that stays. A writable message is
// a fresh copy-on-write mapping each time, which goes with its last Buffer: one
// that was kept would show the next message on the pages that were not
// written.
//
// Threads: safe. In a child after fork(), every inherited message has a lease
//          of its own, or its blocks are pinned.
class ArenaView final : public std::enable_shared_from_this<ArenaView>,
                        private ForkObserver {
 public:
  // `fds` are the arena's and its leases'. PermissionDenied if they could be
  // shortened.
  static absl::StatusOr<std::shared_ptr<ArenaView>> Open(OwnedFd data,
                                                         OwnedFd leases);
  ~ArenaView();

  const ArenaId& id() const { return leases_->id(); }
  bool retired() const { return leases_->retired(); }

  // The bytes of a message, under a lease that lives as long as they do.
  // FailedPrecondition if somebody took the lease before, or it has expired;
  // DataLoss if the bytes are not in its blocks.
  absl::StatusOr<Buffer> Take(LeaseId lease, uint64_t offset, uint64_t length,
                              MapAccess access);

 private:
  struct Held {
    LeaseId lease;
    LeaseId heir;  // while forking: the child's
    bool has_heir = false;
  };

  ArenaView(OwnedFd data, uint64_t size, std::unique_ptr<LeaseTable> leases);

  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;

  absl::StatusOr<Buffer> Map(std::list<Held>::iterator held, uint64_t offset,
                             uint64_t length, MapAccess access);
  absl::StatusOr<const uint8_t*> Whole();
  void Release(std::list<Held>::iterator held);

  const OwnedFd data_;
  const uint64_t size_;
  ForkMutex mutex_;
  std::unique_ptr<LeaseTable> leases_;
  const uint8_t* whole_ = nullptr;  // the readonly mapping, once it is needed
  std::list<Held> held_;
  LeaseOwner heir_;  // while forking: what the child becomes
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_ARENA_VIEW_H_
