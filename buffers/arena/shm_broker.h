#ifndef PICKLE5_BUFFERS_ARENA_SHM_BROKER_H_
#define PICKLE5_BUFFERS_ARENA_SHM_BROKER_H_

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/arena/shm_handover.h"
#include "buffers/export.h"

namespace pickle5 {

// Names one offer at one broker: who holds it may claim the offer, once. Two
// times 128 random bits, the address of the broker and the secret.
//
// It is no value: it is good for one claim, on this machine, for a short time.
// ShmTokenSender sends it; a stored pickle never holds one.
struct ShmToken {
  static constexpr size_t kSize = 32;

  std::array<uint8_t, 16> broker{};
  std::array<uint8_t, 16> secret{};
};

// Hands offers of shared memory to processes that have no socket to their
// sender, only a pipe that a token came through.
//
// It listens on an abstract Unix socket of its own, with a thread of its own,
// from the first Publish() on. Claims of other users are refused (SO_PEERCRED).
//
// Lifetime: an offer is dropped, and its memory taken back, when nobody has
//           claimed it in time or the broker dies.
// Threads:  safe. A child after fork() has a broker of its own with its first
//           Publish(), and none of its parent's offers.
class PICKLE5_EXPORT ShmBroker {
 public:
  static constexpr std::chrono::milliseconds kDefaultTimeToLive{60000};

  explicit ShmBroker(
      std::chrono::milliseconds time_to_live = kDefaultTimeToLive);
  ~ShmBroker();

  [[nodiscard]] absl::StatusOr<ShmToken> Publish(ShmOffer offer);

  // Offers that nobody has claimed yet.
  size_t pending() const;

  // Claims the offer behind a token.
  //
  // Errors: NotFound if there is no such offer, any more: it was claimed
  //         before or has expired. Unavailable if its broker is dead or in
  //         another network namespace, PermissionDenied if it is another
  //         user's, DeadlineExceeded if it does not answer within 5 seconds.
  [[nodiscard]] static absl::StatusOr<ShmHandover> Claim(const ShmToken& token);

 private:
  class Service;

  const std::unique_ptr<Service> service_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_ARENA_SHM_BROKER_H_
