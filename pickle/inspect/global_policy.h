#ifndef PICKLE5_PICKLE_INSPECT_GLOBAL_POLICY_H_
#define PICKLE5_PICKLE_INSPECT_GLOBAL_POLICY_H_

#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "pickle/export.h"

namespace pickle5 {

// The standing of a global that a pickle names.
enum class GlobalStanding {
  // On the allow-list: importing and calling it has no effect beyond the object
  // it makes.
  kAllowed,
  // builtins.getattr: harmless or not by its arguments.
  kByArguments,
  kUnknown,
  // Of the standard library or of another package that can run code, write
  // files or open connections, and not on the allow-list.
  kDangerous,
};

// Which globals a scan takes for harmless.
//
// The names of Python 2 and 3 are the same here, __builtin__.set and
// builtins.set: who loads the pickle is not known.
//
// Threads: thread-compatible.
class PICKLE5_EXPORT GlobalPolicy {
 public:
  // Allows what ships with it: types of the standard library, of NumPy, pandas
  // and scikit-learn, and what state dicts of PyTorch name.
  GlobalPolicy();
  GlobalPolicy(GlobalPolicy&&) noexcept;
  GlobalPolicy& operator=(GlobalPolicy&&) noexcept;
  ~GlobalPolicy();

  // Allows the global of this exact dotted name, "module.qualname".
  void Allow(std::string_view dotted_name);
  // Allows the names of a list, one a line; blank lines and what follows a #
  // are left out. InvalidArgument, with its number, for a line that is no
  // dotted name; those in front of it are allowed then.
  [[nodiscard]] absl::Status AllowList(std::string_view text);

  GlobalStanding Judge(std::string_view module,
                       std::string_view qualname) const;

 private:
  struct Names;
  std::unique_ptr<Names> names_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_INSPECT_GLOBAL_POLICY_H_
