#include "pickle/protocol/class_resolver.h"

#include <new>

namespace pickle5 {

ClassResolver::~ClassResolver() = default;

bool ClassResolver::AllowsExtension(int64_t) { return false; }

AllowedClasses::AllowedClasses(std::initializer_list<std::string_view> names) {
  for (const std::string_view name : names) Allow(name);
}

void AllowedClasses::Allow(std::string_view name) { names_.emplace(name); }

bool AllowedClasses::AllowsGlobal(std::string_view module,
                                  std::string_view qualname) {
  try {
    std::string name(module);
    name += '.';
    name += qualname;
    return names_.contains(name);
  } catch (const std::bad_alloc&) {
    return false;
  }
}

}  // namespace pickle5
