#ifndef PICKLE5_TESTS_BUFFERS_HAND_OVER_H_
#define PICKLE5_TESTS_BUFFERS_HAND_OVER_H_

#include <fcntl.h>

#include <memory>
#include <string>

#include "buffers/arena/arena_sink.h"
#include "buffers/arena/shm_arena.h"
#include "buffers/arena/shm_handover.h"
#include "buffers/buffer.h"
#include "gtest/gtest.h"

namespace pickle5 {

// An offer as a receiver in the same process gets it.
inline ShmHandover Received(const ShmOffer& offer) {
  ShmHandover handover{offer.header(), {}};
  handover.fds.reserve(offer.fds().size());
  for (const int fd : offer.fds()) {
    handover.fds.emplace_back(::fcntl(fd, F_DUPFD_CLOEXEC, 0));
  }
  return handover;
}

// A closed sink with one buffer in it.
inline std::unique_ptr<ArenaSink> SinkOf(ShmArena* arena,
                                         const std::string& bytes) {
  auto sink = std::make_unique<ArenaSink>(arena);
  EXPECT_TRUE(sink->Accept(*Buffer::Copy(bytes)).ok());
  const absl::Status closed = sink->Close();
  EXPECT_TRUE(closed.ok()) << closed;
  return sink;
}

}  // namespace pickle5

#endif  // PICKLE5_TESTS_BUFFERS_HAND_OVER_H_
