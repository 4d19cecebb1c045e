// Every allocation behind a message through an arena fails once, and from some
// point on: no mapping, descriptor or memory is left.

#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "allocation_faults.h"
#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_views.h"
#include "gtest/gtest.h"
#include "tests/buffers/hand_over.h"
#include "tests/buffers/open_fds.h"

namespace pickle5 {
namespace {

// Mappings of arenas and their leases.
int CountMappings() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    count += line.find("memfd:pickle5") != line.npos;
  }
  return count;
}

absl::Status Take(const ShmOffer& offer, MapAccess access, ShmViews* views,
                  const std::string& wanted) {
  absl::StatusOr<std::unique_ptr<BufferSource>> source =
      views->Open(Received(offer), access);
  if (!source.ok()) return source.status();
  const absl::StatusOr<Buffer> buffer = (*source)->Next();
  if (!buffer.ok()) return buffer.status();
  EXPECT_TRUE(buffer->nbytes() == wanted.size() &&
              std::memcmp(buffer->data(), wanted.data(), wanted.size()) == 0);
  return absl::OkStatus();
}

// Sends one buffer and receives it twice.
absl::Status Send(const std::string& bytes) {
  ShmArena arena(uint64_t{8} << 20);
  ShmViews views;
  ArenaSink sink(&arena);
  const absl::StatusOr<Buffer> buffer = Buffer::Copy(bytes);
  if (!buffer.ok()) return buffer.status();
  const auto placed = sink.Accept(*buffer);
  if (!placed.ok()) return placed.status();
  absl::Status status = sink.Close();
  for (const MapAccess access :
       {MapAccess::kReadOnly, MapAccess::kCopyOnWrite}) {
    if (!status.ok()) break;
    const absl::StatusOr<ShmOffer> offer = sink.Offer();
    status = offer.ok() ? Take(*offer, access, &views, bytes) : offer.status();
  }
  return status;
}

TEST(ArenaFault, NothingIsLeftWithoutMemory) {
  const std::string bytes(100'000, 'x');
  ASSERT_TRUE(Send(bytes).ok());
  int points = 0;
  for (const bool lasting : {false, true}) {
    for (int64_t n = 1;; ++n) {
      SCOPED_TRACE(testing::Message() << "allocation " << n);
      const int64_t blocks = LiveAllocations();
      const int mappings = CountMappings();
      const size_t fds = CountOpenFds();
      bool hit = false;
      {
        AllocationFaults faults(n, lasting);
        absl::StatusCode code;
        try {
          code = Send(bytes).code();
        } catch (const std::bad_alloc&) {
          // The test's own vector of descriptors, or ShmViews::ShmViews().
          code = absl::StatusCode::kResourceExhausted;
        }
        hit = faults.Stop() != 0;
        if (code != absl::StatusCode::kOk) {
          ASSERT_EQ(code, absl::StatusCode::kResourceExhausted);
        }
      }
      points += hit;
      ASSERT_EQ(CountMappings(), mappings);
      ASSERT_EQ(CountOpenFds(), fds);
      ASSERT_EQ(LiveAllocations(), blocks);
      if (!hit) break;
    }
  }
  std::printf("%d points\n", points);
  EXPECT_GT(points, 30);
}

}  // namespace
}  // namespace pickle5
