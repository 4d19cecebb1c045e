#include "buffers/digests/digesting_byte_writer.h"

namespace pickle5 {

bool DigestingByteWriter::Forward(std::string_view bytes) {
  return out_->WriteLarge(bytes) || Fail(out_->status());
}

bool DigestingByteWriter::Put(std::string_view head, std::string_view payload) {
  others_.Add(head);
  others_.Add(payload);
  return Forward(head) && Forward(payload);
}

bool DigestingByteWriter::WritePayload(std::string_view payload) {
  if (!Flush() || !Forward(payload)) return false;
  Advance(payload.size());
  return true;
}

bool DigestingByteWriter::DigestPayload(std::string_view payload,
                                        BufferDigest* digest) {
  if (!Flush()) return false;
  if (payload.size() <= kPiece) {
    *digest = DigestOf(payload);
    if (!Forward(payload)) return false;
  } else {
    payload_.Reset();
    for (size_t at = 0; at < payload.size(); at += kPiece) {
      const std::string_view piece = payload.substr(at, kPiece);
      payload_.Add(piece);
      if (!Forward(piece)) return false;
    }
    *digest = payload_.Get();
  }
  Advance(payload.size());
  return true;
}

absl::StatusOr<BufferDigest> DigestingByteWriter::Finished() {
  if (!Flush()) return status();
  return others_.Get();
}

}  // namespace pickle5
