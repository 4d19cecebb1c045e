#ifndef PICKLE5_PICKLE_VALUE_DOCUMENT_FEEDER_H_
#define PICKLE5_PICKLE_VALUE_DOCUMENT_FEEDER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "pickle/export.h"
#include "pickle/value/document.h"

namespace pickle5 {

// Loads a Document from bytes as they arrive, in pieces of any size: for event
// loops that must not block. The result, and the error's code and offset, are
// the same as those of one contiguous buffer, wherever it is split.
//
// Order:    Start(), then Feed() until it returns kDone or an error; Finish()
//           where the input ends instead. Start() begins the next pickle.
// Lifetime: the Document and the BufferSource must outlive their use here.
//           Bytes given to Feed() are copied where they are kept.
// Errors:   as Document::Load. After an error only Start() may follow.
// Threads:  thread-compatible.
// Cost:     linear in the bytes fed, whatever their sizes: incomplete opcodes
//           keep their progress. Bytes of large payloads are copied once, to
//           their final place.
class PICKLE5_EXPORT DocumentFeeder {
 public:
  enum class Progress : uint8_t { kNeedMore, kDone };

  DocumentFeeder();
  ~DocumentFeeder();
  DocumentFeeder(DocumentFeeder&&) noexcept;
  DocumentFeeder& operator=(DocumentFeeder&&) noexcept;

  // Empties `document` and begins to load into it.
  absl::Status Start(Document* document ABSL_ATTRIBUTE_LIFETIME_BOUND,
                     const ReadOptions& options = {},
                     BufferSource* buffers = nullptr);

  // Takes the next bytes. kDone: the pickle is complete and document->root()
  // set; *used tells how many of these bytes belong to it. In strict mode
  // without allow_trailing, bytes behind STOP are an error.
  absl::StatusOr<Progress> Feed(std::string_view bytes, size_t* used = nullptr);

  // Says that no more bytes will come: an error unless the pickle is done.
  absl::Status Finish();

 private:
  struct State;
  // Empties the document and returns the status that sticks.
  absl::Status Fail();

  std::unique_ptr<State> state_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_DOCUMENT_FEEDER_H_
