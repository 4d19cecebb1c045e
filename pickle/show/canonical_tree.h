#ifndef PICKLE5_PICKLE_SHOW_CANONICAL_TREE_H_
#define PICKLE5_PICKLE_SHOW_CANONICAL_TREE_H_

#include <string>

#include "absl/status/statusor.h"
#include "pickle/export.h"
#include "pickle/value/value.h"

namespace pickle5 {

// One line of ASCII that says everything about a graph but the large payloads,
// of which it has the SHA-256: two graphs are the same if, and only if, their
// lines are. Made for comparing implementations, not for reading back.
//
// It is the JSON that Python's json.dumps(tree, sort_keys=True) prints. Every
// node is {"t": kind, ...}:
// - list, dict, set, frozenset, tuples that are not empty, bytearray and
//   objects have an "id", counted from 0 in the order of visits; a later visit
//   gives {"t": "ref", "id": n}. callable, args and kwargs are visited in this
//   order, then the posts; a global has an id only if it has posts.
// - "none"; "bool" "v"; "float" "bits" (16 hex digits); "int" "v" as decimal
//   text up to 512 bits, else "le_len" and "le_sha256" of the little-endian
//   two's complement of bit_length // 8 + 1 bytes.
// - "str" "cp" (code points) and "v"; "u8hex" (surrogatepass UTF-8) with lone
//   surrogates, "u8len" and "sha256" above 256 bytes. "bytes" and "bytearray"
//   "len" and "hex", or "sha256" above 256 bytes.
// - "list", "tuple", "set", "frozenset", "dict" "items", in stream order, all
//   of them; those of a dict are pairs.
// - "global" "module" "name"; "reduce", "newobj", "inst", "obj" "func" "args";
//   "newobj_ex" "kwargs" as well; "ext" "code"; "persid" "pid"; "buffer"
//   "index" "readonly".
// - "post", where there were any: [["state", x], ["append", [..]],
//   ["setitem", [[k, v], ..]], ["additem", [..]]]. Effects are left out.
//
// Errors: InvalidArgument for a null Value, ResourceExhausted without memory.
// Cost:   linear in the graph, and in its text. No recursion.
PICKLE5_EXPORT absl::StatusOr<std::string> CanonicalTree(Value root);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_SHOW_CANONICAL_TREE_H_
