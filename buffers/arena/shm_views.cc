#include "buffers/arena/shm_views.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

#include "absl/status/status.h"
#include "buffers/arena/arena_source.h"
#include "buffers/arena/arena_view.h"
#include "buffers/files/buffer_file.h"
#include "buffers/files/memfd_source.h"
#include "buffers/io_status.h"

namespace pickle5 {

ShmViews::ShmViews() { StartObserving(); }
ShmViews::~ShmViews() { StopObserving(); }

void ShmViews::BeforeFork() { mutex_.lock(); }
void ShmViews::AfterForkInParent() { mutex_.unlock(); }
void ShmViews::AfterForkInChild() { mutex_.unlock(); }

absl::StatusOr<std::unique_ptr<BufferSource>> ShmViews::Open(
    ShmHandover handover, MapAccess access) {
  try {
    const ShmHandoverHeader header = handover.header;
    if (header.kind == ShmHandoverHeader::Kind::kMemfd) {
      if (handover.fds.size() != 1) {
        return absl::DataLossError("a message without its shared memory");
      }
      auto source = MemfdSource::Open(handover.fds.front().get(), access);
      if (!source.ok()) return source.status();
      return std::unique_ptr<BufferSource>(*std::move(source));
    }
    absl::StatusOr<std::shared_ptr<ArenaView>> view =
        ViewOf(std::move(handover));
    if (!view.ok()) return view.status();
    absl::StatusOr<Buffer> bytes =
        (*view)->Take(header.lease, header.offset, header.length, access);
    if (!bytes.ok()) return bytes.status();
    absl::StatusOr<BufferFile> file = BufferFile::Parse(*std::move(bytes));
    if (!file.ok()) return file.status();
    return std::unique_ptr<BufferSource>(
        std::make_unique<ArenaSource>(*std::move(file)));
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

std::shared_ptr<ArenaView> ShmViews::Find(const ArenaId& id) const {
  for (const std::shared_ptr<ArenaView>& view : views_) {
    if (view->id() == id) return view;
  }
  return nullptr;
}

absl::StatusOr<std::shared_ptr<ArenaView>> ShmViews::ViewOf(
    ShmHandover handover) {
  const ArenaId& id = handover.header.arena;
  {
    const std::lock_guard<ForkMutex> lock(mutex_);
    if (std::shared_ptr<ArenaView> known = Find(id)) return known;
  }
  if (handover.fds.size() != 2) {
    return absl::FailedPreconditionError(
        "a message in an arena that was not handed over");
  }
  // A view is born and dies without the lock: it starts and stops to observe
  // forks, and a fork takes this lock when it has stopped that.
  std::vector<std::shared_ptr<ArenaView>> dropped;
  const absl::StatusOr<std::shared_ptr<ArenaView>> view =
      ArenaView::Open(std::move(handover.fds[0]), std::move(handover.fds[1]));
  if (!view.ok()) return view.status();
  if ((*view)->id() != id) {
    return absl::DataLossError("a message of another arena");
  }
  const std::lock_guard<ForkMutex> lock(mutex_);
  if (std::shared_ptr<ArenaView> known = Find(id)) return known;
  // A new arena is the time to look whether the old ones will send again.
  const auto retired =
      std::stable_partition(views_.begin(), views_.end(),
                            [](const auto& old) { return !old->retired(); });
  dropped.assign(retired, views_.end());
  views_.erase(retired, views_.end());
  views_.push_back(*view);
  return *view;
}

}  // namespace pickle5
