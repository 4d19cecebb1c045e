#ifndef PICKLE5_PICKLE_VALUE_DOCUMENT_H_
#define PICKLE5_PICKLE_VALUE_DOCUMENT_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "buffers/bytes/byte_reader.h"
#include "buffers/source.h"
#include "pickle/export.h"
#include "pickle/protocol/detached_payload.h"
#include "pickle/protocol/limits.h"
#include "pickle/value/get.h"
#include "pickle/value/value.h"

namespace pickle5 {

namespace internal {
class DocumentState;
}

// The objects of one pickle.
//
// Loading runs no code and imports nothing: classes and functions become
// kGlobal values, their calls kObject values.
//
// Ownership: owns every object a Value of it points to, in an arena that the
//            next Load reuses (3 to 5 times faster than a fresh Document:
//            keep one and load into it again and again).
// Lifetime:  Load*, Clear, the destructor and moving from it invalidate all
//            its Values.
// Errors:    every Load returns InvalidArgument (bad pickle), ResourceExhausted
//            (a limit, or no memory) or the reader's status; GetDecodeError
//            tells code, offset and opcode. The Document is empty afterwards
//            and can be used again.
// Threads:   thread-compatible; a loaded Document may be read by many threads.
class PICKLE5_EXPORT Document {
 public:
  Document();
  ~Document();
  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;

  // Loads the first pickle in `pickle`, which must outlive the Document's
  // Values: large strings and bytes are views into it.
  absl::Status LoadBorrowed(
      std::string_view pickle ABSL_ATTRIBUTE_LIFETIME_BOUND,
      const ReadOptions& options = {}, BufferSource* buffers = nullptr);
  // Loads the first pickle in `pickle` and keeps it.
  absl::Status LoadOwned(std::string pickle, const ReadOptions& options = {},
                         BufferSource* buffers = nullptr);
  // Maps the file and loads its first pickle; large strings and bytes are
  // views into the mapping. The file must not be truncated or written to while
  // Values are in use.
  absl::Status LoadMapped(const std::string& path,
                          const ReadOptions& options = {},
                          BufferSource* buffers = nullptr);
  // Loads the next pickle of a stream, which is left behind its STOP. In
  // strict mode bytes behind STOP are an error unless allow_trailing is set.
  absl::Status Load(ByteReader& reader, const ReadOptions& options = {},
                    BufferSource* buffers = nullptr);

  // Loads a pickle whose large payloads stand apart, as those of an archive do
  // (archive_reader.h): `others` are its bytes without them. Nothing is copied;
  // both are kept.
  absl::Status LoadDetached(Buffer others,
                            std::span<const DetachedPayload> payloads,
                            const ReadOptions& options = {});

  // What was loaded or set; null if nothing was.
  Value root() const { return root_; }
  // Calls whose results the pickle dropped before anything stood on the stack
  // that could carry them as a PostKind::kEffect; in order.
  std::span<const Value> effects() const ABSL_ATTRIBUTE_LIFETIME_BOUND;
  // The pickle's length in bytes, from its first opcode to its STOP.
  uint64_t consumed() const;
  // Its PROTO argument, 0 if it had none.
  int protocol() const;
  // The out-of-band buffers the pickle took, in order.
  size_t buffer_count() const;
  // The buffer at `index`; an empty one if there is none.
  const Buffer& buffer(size_t index) const ABSL_ATTRIBUTE_LIFETIME_BOUND;
  // Bytes of memory held for objects, spare arena included.
  size_t memory_used() const;

  // Empties the Document; its memory is kept for the next use.
  void Clear();

  // Objects built by hand. Each returns a Value of this Document; a null Value
  // says that memory ran out or that an argument is none (text that is not
  // UTF-8, an empty name, a null item). Text is copied. A value may be put into
  // several places: it is then shared, as in Python. Values of other Documents
  // must be brought in by Copy.
  Value MakeStr(std::string_view utf8);
  Value MakeBytes(std::string_view bytes);
  Value MakeByteArray(std::string_view bytes);
  // Little-endian two's complement of any length.
  Value MakeInt(std::string_view little_endian);
  // Decimal text with an optional sign; null if it is none.
  Value MakeIntFromText(std::string_view decimal);
  Value MakeList(std::span<const Value> items = {});
  Value MakeTuple(std::span<const Value> items);
  Value MakeSet(std::span<const Value> items = {});
  Value MakeFrozenSet(std::span<const Value> items);
  // Keys and values in turn.
  Value MakeDict(std::span<const Value> flat = {});
  Value MakeGlobal(std::string_view module, std::string_view qualname);
  Value MakeObject(ObjectForm form, Value callable, Value args,
                   Value kwargs = {});
  Value MakeExtension(int32_t code);
  Value MakePersistentId(Value id);
  // Kept as the Document's next buffer; bytes are not copied.
  Value MakeBuffer(Buffer buffer);

  // Mutation of what this Document owns. False if the target is of another
  // kind or memory ran out.
  bool Append(Value list, Value item);
  bool SetItem(Value dict, Value key, Value value);  // adds a pair at the end
  bool Add(Value set, Value item);
  bool AddPost(Value object, PostKind kind, std::span<const Value> items);

  // Copies a value and all it refers to from any Document (its buffers by
  // reference), keeping sharing and cycles. Null if memory ran out.
  Value Copy(Value value);
  void SetRoot(Value value);

 private:
  friend class DocumentFeeder;

  // Makes state_ where it is missing (moved from); false: no memory.
  bool Ready();
  template <typename Loading>
  absl::Status Run(const ReadOptions& options, bool views,
                   BufferSource* buffers, Loading loading);

  std::unique_ptr<internal::DocumentState> state_;
  Value root_;
};

// A Document with the first pickle of a file, which is mapped: it must not be
// truncated or written to while Values are in use. DumpFile() replaces it.
//
// Errors: those of Document::LoadMapped.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<Document> LoadFile(
    const std::string& path, const ReadOptions& options = {},
    BufferSource* buffers = nullptr);

// A Document with the first pickle in `pickle`, which it keeps.
//
// Errors: those of Document::LoadOwned.
[[nodiscard]] PICKLE5_EXPORT absl::StatusOr<Document> LoadString(
    std::string pickle, const ReadOptions& options = {},
    BufferSource* buffers = nullptr);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_DOCUMENT_H_
