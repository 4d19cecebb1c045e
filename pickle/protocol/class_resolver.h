#ifndef PICKLE5_PICKLE_PROTOCOL_CLASS_RESOLVER_H_
#define PICKLE5_PICKLE_PROTOCOL_CLASS_RESOLVER_H_

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <set>
#include <string>
#include <string_view>

#include "pickle/export.h"

namespace pickle5 {

// Decides which globals a pickle may name, as Unpickler.find_class does in
// Python. Without one, every global is let through: it is only a name, nothing
// is imported or called. One that is refused ends the load with
// PermissionDenied, so that a pickle which was loaded with an allow-list may be
// handed on to Python as one that names nothing else.
//
// Errors:  must not throw.
// Threads: asked by one load at a time.
class PICKLE5_EXPORT ClassResolver {
 public:
  ClassResolver() = default;
  ClassResolver(const ClassResolver&) = delete;
  ClassResolver& operator=(const ClassResolver&) = delete;
  virtual ~ClassResolver();

  // GLOBAL, STACK_GLOBAL, INST: names as they stand in the pickle, those of
  // Python 2 in protocols 0 to 2.
  virtual bool AllowsGlobal(std::string_view module,
                            std::string_view qualname) = 0;
  // EXT1, EXT2, EXT4: a code of the copyreg registry, which hides a name.
  // Refused by default.
  virtual bool AllowsExtension(int64_t code);
};

// Lets through the globals of a list of exact names, "module.qualname".
class PICKLE5_EXPORT AllowedClasses final : public ClassResolver {
 public:
  AllowedClasses(std::initializer_list<std::string_view> names);

  void Allow(std::string_view name);

  bool AllowsGlobal(std::string_view module,
                    std::string_view qualname) override;

 private:
  std::set<std::string, std::less<>> names_;
};

}  // namespace pickle5

#endif  // PICKLE5_PICKLE_PROTOCOL_CLASS_RESOLVER_H_
