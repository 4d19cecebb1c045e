#ifndef PICKLE5_BUFFERS_ARENA_SHM_VIEWS_H_
#define PICKLE5_BUFFERS_ARENA_SHM_VIEWS_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "buffers/arena/shm_handover.h"
#include "buffers/export.h"
#include "buffers/source.h"
#include "buffers/system/fork_mutex.h"
#include "buffers/system/fork_observer.h"
#include "buffers/system/mapping.h"

namespace pickle5 {

class ArenaView;

// The shared memory that other processes have handed to this one, opened as
// sources. It remembers arenas, so that each is mapped once.
//
// Lifetime: a Buffer outlives it. With MapAccess::kReadOnly a Buffer is a view
//           of what the sender wrote, else a copy-on-write mapping of its own;
//           either holds the message's blocks until it dies.
// Errors:   PermissionDenied if the memory could be shortened (one-shot memory:
//           changed) by others, FailedPrecondition if the message was taken
//           before or is not offered any more, DataLoss if it makes no sense.
// Threads:  safe.
class PICKLE5_EXPORT ShmViews final : private ForkObserver {
 public:
  ShmViews();
  ~ShmViews();

  [[nodiscard]] absl::StatusOr<std::unique_ptr<BufferSource>> Open(
      ShmHandover handover, MapAccess access = MapAccess::kCopyOnWrite);

 private:
  void BeforeFork() override;
  void AfterForkInParent() override;
  void AfterForkInChild() override;

  absl::StatusOr<std::shared_ptr<ArenaView>> ViewOf(ShmHandover handover);
  // Precondition: the lock is held.
  std::shared_ptr<ArenaView> Find(const ArenaId& id) const;

  ForkMutex mutex_;
  std::vector<std::shared_ptr<ArenaView>> views_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_SHM_VIEWS_H_
