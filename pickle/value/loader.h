#ifndef PICKLE5_PICKLE_VALUE_LOADER_H_
#define PICKLE5_PICKLE_VALUE_LOADER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_reader.h"
#include "buffers/source.h"
#include "pickle/protocol/detached_payload.h"
#include "pickle/protocol/limits.h"
#include "pickle/value/document_state.h"

namespace pickle5::internal {

// Drives the machine of a Document over its input: at once, from a reader, or
// in pieces. One pickle per Start().
class Loader {
 public:
  explicit Loader(DocumentState* state) : s_(*state) {}

  // Empties the Document's state. `views`: the input outlives the Values.
  void Start(const ReadOptions& options, bool views, BufferSource* source);

  // Each returns the root.
  absl::StatusOr<Value> LoadAll(std::string_view pickle);
  absl::StatusOr<Value> LoadFrom(ByteReader& reader);
  // As Document::LoadDetached. `others` outlive the Values.
  absl::StatusOr<Value> LoadDetached(std::string_view others,
                                     std::span<const DetachedPayload> payloads);

  // As DocumentFeeder::Feed; true when done, the root is then in *root.
  absl::StatusOr<bool> Feed(std::string_view bytes, size_t* used, Value* root);
  absl::Status Finish();
  // Of bytes that stand behind the STOP just executed.
  absl::Status TrailingError() const;

 private:
  // A large payload on its way to its final place.
  struct Arrival {
    uint8_t* data = nullptr;
    size_t capacity = 0;
    size_t filled = 0;
  };

  absl::Status Error() const;
  absl::Status Fail(ErrorCode code, const char* rule);
  absl::StatusOr<Value> Stopped(bool trailing);
  // Makes room for more of the payload at hand, at most for `wanted` bytes in
  // all; never for much more than has arrived.
  bool Grow(uint64_t wanted);
  bool Deliver();
  absl::Status ReadPayload(ByteReader& reader);
  // Runs up to where the payload belongs, the end of `others`, and puts it
  // there.
  absl::Status TakeDetached(std::string_view others,
                            const DetachedPayload& payload);
  // Takes what `bytes` holds of the payload at hand; the rest is returned.
  absl::StatusOr<std::string_view> TakePayload(std::string_view bytes);

  DocumentState& s_;
  Arrival arrival_;
  std::string pending_;
  uint64_t needed_ = 0;
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_LOADER_H_
