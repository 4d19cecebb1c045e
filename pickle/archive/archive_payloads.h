#ifndef PICKLE5_PICKLE_ARCHIVE_ARCHIVE_PAYLOADS_H_
#define PICKLE5_PICKLE_ARCHIVE_ARCHIVE_PAYLOADS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_writer.h"
#include "buffers/digests/digesting_byte_writer.h"
#include "buffers/files/archive_index.h"
#include "buffers/sink.h"
#include "pickle/archive/archive_pickle.h"
#include "pickle/emitter/payload_store.h"
#include "pickle/export.h"

namespace pickle5 {

// Writes the pickle of one archive object and keeps its index, for a pickler of
// any object model: that writes to writer(), gives *this as its payload store
// and offers its buffers to sink(), which leaves them all in-band and remembers
// what they were.
//
// Order:     one object per instance: the pickle, then Finish().
// Ownership: `out` is borrowed. Payloads must stay as they are until Finish(),
//            unless their memo index is Framer::kUnstored: equal ones are then
//            stored again.
// Errors:    those of `out` stick in writer(). May throw std::bad_alloc.
// Threads:   thread-compatible.
// Cost:      each payload is digested once, and compared only with those of the
//            same kind, length and digest.
class PICKLE5_EXPORT ArchivePayloads final : public PayloadStore {
 public:
  // Boundaries that payloads begin on, from the start of the file on.
  static constexpr uint64_t kAlignment = 64;
  static constexpr uint64_t kLargeAlignment = 4096;
  static constexpr size_t kLargeSize = size_t{1} << 20;

  // The object begins `origin` bytes behind the start of the file.
  ArchivePayloads(ByteWriter* out ABSL_ATTRIBUTE_LIFETIME_BOUND,
                  uint64_t origin);

  ByteWriter& writer() ABSL_ATTRIBUTE_LIFETIME_BOUND { return writer_; }
  BufferSink& sink() ABSL_ATTRIBUTE_LIFETIME_BOUND { return sink_; }

  // Hands all of the pickle to `out`. Returns the index pickle that is to be
  // written behind it.
  [[nodiscard]] absl::StatusOr<std::string> Finish();

  std::string_view label() const override { return kArchiveLabel; }
  uint64_t PaddingBefore(uint64_t pos, size_t header,
                         size_t size) const override;
  bool Write(Opcode opcode, std::string_view payload,
             uint64_t memo_index) override;
  std::optional<uint32_t> Find(Opcode opcode,
                               std::string_view payload) override;

 private:
  // Leaves all buffers in-band, remembering the last one's layout.
  class Notes final : public BufferSink {
   public:
    // The layout of the buffer whose payload is written next; none if that is
    // a bytes, bytearray or str object.
    std::optional<BufferDescription> next;

   protected:
    absl::StatusOr<Placement> AcceptBuffer(const Buffer& buffer) override;
    absl::Status Publish() override;
  };

  // The key of readonly payloads that may be equal.
  using Key = std::tuple<PayloadKind, size_t, BufferDigest>;
  // A readonly payload that may be met again.
  struct Candidate {
    size_t place;  // in index_
    std::string_view bytes;
    uint32_t memo_index;
  };

  PayloadKind KindOf(Opcode opcode) const;
  BufferDescription DescriptionOf(Opcode opcode) const;

  const uint64_t origin_;
  DigestingByteWriter writer_;
  Notes sink_;
  ArchiveIndex index_;
  std::multimap<Key, Candidate> candidates_;
  // Of the payload that Find() was last asked for in vain and that is written
  // next, if it had to be known.
  std::optional<BufferDigest> found_digest_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_ARCHIVE_ARCHIVE_PAYLOADS_H_
