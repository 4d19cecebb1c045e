#include "buffers/filters/digesting_source.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "buffers/digests/buffer_digest.h"

namespace pickle5 {

absl::StatusOr<Buffer> DigestingSource::NextBuffer() {
  absl::StatusOr<Buffer> buffer = NextFrom(*source_);
  if (!buffer.ok()) return buffer;
  absl::StatusOr<Buffer> digest = NextCompanion(*source_);
  if (!digest.ok()) return digest;
  const BufferDigest wanted = DigestOf(buffer->chars());
  const auto found = digest->bytes();
  if (!std::equal(wanted.begin(), wanted.end(), found.begin(), found.end())) {
    return absl::DataLossError(
        absl::StrCat("buffer ", count(), " of ", buffer->nbytes(),
                     " bytes does not match its digest"));
  }
  return buffer;
}

}  // namespace pickle5
