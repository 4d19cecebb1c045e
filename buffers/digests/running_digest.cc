#include "buffers/digests/running_digest.h"

#include "buffers/digests/xxh3.h"

namespace pickle5 {

struct RunningDigest::State {
  XXH3_state_t xxh;
};

RunningDigest::RunningDigest() : state_(std::make_unique<State>()) { Reset(); }
RunningDigest::~RunningDigest() = default;

void RunningDigest::Add(std::string_view bytes) {
  XXH3_128bits_update(&state_->xxh, bytes.data(), bytes.size());
}

BufferDigest RunningDigest::Get() const {
  XXH128_canonical_t canonical;
  XXH128_canonicalFromHash(&canonical, XXH3_128bits_digest(&state_->xxh));
  return std::to_array(canonical.digest);
}

void RunningDigest::Reset() { XXH3_128bits_reset(&state_->xxh); }

}  // namespace pickle5
