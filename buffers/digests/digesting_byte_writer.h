#ifndef PICKLE5_BUFFERS_DIGESTS_DIGESTING_BYTE_WRITER_H_
#define PICKLE5_BUFFERS_DIGESTS_DIGESTING_BYTE_WRITER_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/staging_byte_writer.h"
#include "buffers/digests/running_digest.h"
#include "buffers/export.h"

namespace pickle5 {

// Hands bytes on to another ByteWriter and digests them on their way: payloads
// each by itself, all other bytes together.
//
// Ownership: `out` is borrowed; it is neither flushed nor closed.
// Errors:    those of `out` stick here too.
// Cost:      payloads of kLargePayload and more are not copied; each piece is
//            handed on while it is still in the cache from being digested.
class PICKLE5_EXPORT DigestingByteWriter final : public StagingByteWriter {
 public:
  explicit DigestingByteWriter(ByteWriter* out ABSL_ATTRIBUTE_LIFETIME_BOUND,
                               size_t buffer_size = kDefaultBufferSize)
      : StagingByteWriter(buffer_size), out_(out) {}

  // Writes a payload whose digest is known.
  // Precondition: no anchor is set.
  [[nodiscard]] bool WritePayload(std::string_view payload);
  // The same for one whose digest is wanted.
  [[nodiscard]] bool DigestPayload(std::string_view payload,
                                   BufferDigest* digest);

  // Hands on what is held, and gives the digest of all bytes written that were
  // in no payload.
  [[nodiscard]] absl::StatusOr<BufferDigest> Finished();

 protected:
  bool Put(std::string_view head, std::string_view payload) override;

 private:
  // Pieces of a payload that are digested and written in turn.
  static constexpr size_t kPiece = size_t{256} << 10;

  bool Forward(std::string_view bytes);

  ByteWriter* out_;
  RunningDigest others_;
  RunningDigest payload_;
};

}  // namespace pickle5

#endif  // PICKLE5_BUFFERS_DIGESTS_DIGESTING_BYTE_WRITER_H_
