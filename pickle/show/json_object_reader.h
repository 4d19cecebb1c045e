#ifndef PICKLE5_PICKLE_SHOW_JSON_OBJECT_READER_H_
#define PICKLE5_PICKLE_SHOW_JSON_OBJECT_READER_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pickle/protocol/hash_table.h"
#include "pickle/value/document.h"
#include "pickle/value/value.h"

namespace pickle5::internal {

// Returns whether the members of a JSON object, keys and values in turn, begin
// with one of the "$" keys of json_format.h.
bool IsTagged(std::span<const Value> members);

// Makes the values that stand in JSON as objects with "$" keys.
//
// What is inside comes first, so that a "$ref" to something around it cannot
// be followed yet: a stand-in takes its place until Resolve().
class JsonObjectReader {
 public:
  explicit JsonObjectReader(Document* document) : document_(document) {}

  // The value of one object, whose members hold what was read of them: lists
  // for arrays, dicts for objects without tags.
  absl::StatusOr<Value> Make(std::span<const Value> members);

  // Puts the values into the places of their stand-ins. InvalidArgument if one
  // is not there, or if a value would have to exist before itself, as a tuple
  // that is its own item.
  absl::Status Resolve(Value* root);

 private:
  struct Members;

  absl::StatusOr<Value> MakeBare(const Members& members);
  absl::StatusOr<Value> MakeContainer(std::string_view tag, Value content);
  // An int of decimal text, or of hexadecimal text behind 0x.
  absl::StatusOr<Value> MakeInt(std::string_view literal) const;
  bool TakeApart(Value list, std::span<const Value>* items) const;
  bool Flatten(Value pairs, std::vector<Value>* flat) const;
  bool IsStandIn(Value v) const;
  absl::StatusOr<Value> MakeDict(Value content);
  absl::StatusOr<Value> MakeFloat(Value content);
  absl::StatusOr<Value> MakeGlobal(const Members& members);
  absl::StatusOr<Value> MakeObject(const Members& members);
  absl::StatusOr<Value> MakeExtension(Value content);
  absl::StatusOr<Value> MakeBuffer(const Members& members);
  absl::StatusOr<Value> MakePlaceholder(int64_t index, bool readonly);
  absl::StatusOr<Value> Referred(Value id);
  absl::Status AddContents(Value object, const Members& members);
  absl::Status AddPosts(Value object, Value posts);
  absl::Status AddPost(Value object, Value post);
  absl::Status ReplaceStandIns(Value root, std::vector<Value>* fixed);
  absl::Status Replace(Value* at) const;

  Document* const document_;
  HashMap<int64_t, Value> values_;     // by "$id"
  HashMap<int64_t, Value> stand_ins_;  // by "$ref"
  HashMap<uint64_t, int64_t> ids_;     // of stand-ins, by address
  HashSet<uint64_t> identified_;       // addresses of values_
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_SHOW_JSON_OBJECT_READER_H_
