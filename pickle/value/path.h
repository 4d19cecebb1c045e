#ifndef PICKLE5_PICKLE_VALUE_PATH_H_
#define PICKLE5_PICKLE_VALUE_PATH_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pickle/export.h"
#include "pickle/value/value.h"

namespace pickle5 {

// One step from a value to one it refers to.
struct PathStep {
  enum class Kind : uint8_t {
    kName,      // .name or ['name']: a str key of what has entries() (a dict,
                // an OrderedDict), else an attribute in the state of an object
    kIndex,     // [3]: an int key of what has entries(), else one of the
                // elements() of a list or tuple, of what is like a list
                // (negative: from the end) or like a set, in stream order
    kCallable,  // .@callable: of an object
    kArgs,      // .@args: of an object
    kKwargs,    // .@kwargs: of an object
    kState,     // .@state: the last state of an object
    kId,        // .@id: of a persistent id
    kKey,       // .@key[3]: of the fourth of the entries(), in stream order
    kValue,     // .@value[3]: of the same pair
    kPost,      // .@post[1][0]: the first item of the second step after the
                // construction of an object
  };

  Kind kind = Kind::kName;
  std::string name = {};
  int64_t index = 0;
  int64_t item = 0;  // kPost

  bool operator==(const PathStep&) const = default;
};

// The way from a root to one of the values below it: "$.users[3].name",
// "$['a key'].@args[0]".
//
// "$" is the root, the steps are written as above. A .name may hold every
// character but . [ ] ' " and white space, and begins with none of @ and
// digits. In ['name'], quotes and escapes are those of Python's repr() of a
// str.
class PICKLE5_EXPORT Path {
 public:
  Path() = default;
  explicit Path(std::vector<PathStep> steps) : steps_(std::move(steps)) {}

  const std::vector<PathStep>& steps() const { return steps_; }

  // The text, which ParsePath reads back.
  std::string ToString() const;

  bool operator==(const Path&) const = default;

 private:
  std::vector<PathStep> steps_;
};

// Appends the text of one step.
PICKLE5_EXPORT void AppendPathStep(const PathStep& step, std::string* out);

// Reads a path. InvalidArgument says where it is none.
PICKLE5_EXPORT absl::StatusOr<Path> ParsePath(std::string_view text);

// The value a path leads to. NotFound names the step that leads nowhere.
PICKLE5_EXPORT absl::StatusOr<Value> Follow(Value root, const Path& path);

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_VALUE_PATH_H_
