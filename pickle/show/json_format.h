#ifndef PICKLE5_PICKLE_SHOW_JSON_FORMAT_H_
#define PICKLE5_PICKLE_SHOW_JSON_FORMAT_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "buffers/bytes/byte_writer.h"
#include "pickle/export.h"
#include "pickle/value/document.h"
#include "pickle/value/value.h"

namespace pickle5 {

// Values as JSON, and back.
//
//   None, bool, int    null, true, a number without fraction, of any size
//   float              a number with '.' or 'e'; {"$float": "nan"}, "inf",
//                      "-inf", or 16 hex digits for other NaNs
//   str                a string; with lone surrogates {"$surrogatepass": the
//                      base64 of the UTF-8 that 'surrogatepass' makes}
//   bytes, bytearray   {"$bytes": base64}, {"$bytearray": base64}
//   list               [..]
//   tuple              [..]; lossless {"$tuple": [..]}
//   set, frozenset     {"$set": [..]}, {"$frozenset": [..]}
//   dict               {..} if all keys are str without lone surrogates and
//                      none begins with "$", else {"$dict": [[key, value], ..]}
//   global             {"$global": ["module", "qualname"]}
//   object             {"$object": form, "$callable": .., "$args": ..,
//                      "$kwargs": ..}, where form is "reduce", "newobj",
//                      "newobj_ex", "inst" or "obj"
//   extension code     {"$extension": 7}
//   persistent id      {"$persistent_id": ..}
//   buffer             {"$buffer": 0, "$readonly": true}; lossless and where
//                      there is data with "$data": base64
// From global down, what APPENDS and SETITEMS put into the value directly after
// its construction stands in "$elements": [..] and "$entries": {..}, or
// [[key, value], ..] as for a dict; {"$object": "reduce", "$callable":
// {"$global": ["collections", "OrderedDict"]}, "$args": [], "$entries": {"a":
// 1}}. Lossless, and for all other steps, what follows construction stands in
// "$posts", in order:
// [["state", x], ["append", [..]], ["setitem", [[key, value], ..]],
// ["additem", [..]], ["effect", x]].
//
// What stands in several places is written once, with an "$id" in front, and
// {"$ref": id} elsewhere; a list is then {"$id": 1, "$list": [..]}, a dict
// {"$id": 1, "$dict": [..]}, text {"$id": 1, "$str": ".."}, an int
// {"$id": 1, "$int": "digits"}. Ints from 2**1048576 up are always that, their
// digits hexadecimal behind 0x. Text of at most 256 bytes is written again.
// So a small graph never makes a large text, and cycles end.
struct JsonOptions {
  // Everything but the identity of short texts can be had back by FromJson():
  // tuples are told from lists, repeated keys of dicts and items of sets are
  // kept, and so is the data of buffers.
  bool lossless = false;
  // Only ASCII, with escapes for the rest.
  bool ascii = false;
};

// Writes a value as JSON on one line, without a newline.
//
// Errors: InvalidArgument for a null Value, ResourceExhausted without memory,
//         else the writer's. A failure abandons the writer.
// Cost:   linear in the graph and the text. No recursion.
PICKLE5_EXPORT absl::Status WriteJson(Value value, const JsonOptions& options,
                                      ByteWriter& writer);
PICKLE5_EXPORT absl::StatusOr<std::string> ToJson(
    Value value, const JsonOptions& options = {});

struct JsonReadOptions {
  // Objects whose first key is one of the "$" keys above are read as what they
  // stand for; otherwise they are dicts like any other.
  bool tags = true;
};

// Builds in `document` what JSON text says; a number without fraction and
// exponent is an int. Equal keys of objects become one str, as Python's
// json.loads() does. It does not set the root.
//
// Errors: InvalidArgument if it is not JSON, or a "$" key is not used as
//         above, with the byte offset of the former; integers of more than 308
//         digits must be {"$int": ".."}. ResourceExhausted without memory.
// Cost:   linear. No recursion, however deep the text.
PICKLE5_EXPORT absl::StatusOr<Value> FromJson(
    std::string_view json, Document* document,
    const JsonReadOptions& options = {});

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_SHOW_JSON_FORMAT_H_
