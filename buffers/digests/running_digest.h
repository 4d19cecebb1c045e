#ifndef PICKLE5_BUFFERS_DIGESTS_RUNNING_DIGEST_H_
#define PICKLE5_BUFFERS_DIGESTS_RUNNING_DIGEST_H_

#include <memory>
#include <string_view>

#include "buffers/digests/buffer_digest.h"
#include "buffers/export.h"

namespace pickle5 {

// The digest of bytes that come in pieces.
//
// Errors:  std::bad_alloc from the constructor.
// Threads: thread-compatible.
class PICKLE5_EXPORT RunningDigest {
 public:
  RunningDigest();
  ~RunningDigest();
  RunningDigest(const RunningDigest&) = delete;
  RunningDigest& operator=(const RunningDigest&) = delete;

  void Add(std::string_view bytes);
  // Of all bytes added so far.
  BufferDigest Get() const;
  // Forgets them.
  void Reset();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_DIGESTS_RUNNING_DIGEST_H_
