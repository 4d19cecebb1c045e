# How every target is compiled: language, warnings, sanitizers, ccache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE
   AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

find_program(PICKLE5_CCACHE ccache)
if(PROJECT_IS_TOP_LEVEL AND PICKLE5_CCACHE
   AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${PICKLE5_CCACHE}")
endif()

set(PICKLE5_CLANG OFF)
if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  set(PICKLE5_CLANG ON)
endif()

add_library(pickle5_warnings INTERFACE)
target_compile_options(pickle5_warnings INTERFACE
  -Wall -Wextra -Wconversion -Wsign-conversion -Wshadow)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU"
   AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # False on std::string's operator+ at -O3: gcc bug 105651.
  target_compile_options(pickle5_warnings INTERFACE -Wno-restrict)
endif()
if(PICKLE5_WERROR)
  target_compile_options(pickle5_warnings INTERFACE -Werror)
  if(PICKLE5_SANITIZE AND NOT PICKLE5_CLANG)
    # The sanitizers' code hides initialisations from gcc's flow analysis.
    target_compile_options(pickle5_warnings INTERFACE
      -Wno-error=maybe-uninitialized)
  endif()
endif()

if(PICKLE5_SANITIZE)
  add_compile_options(-fsanitize=${PICKLE5_SANITIZE}
    -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${PICKLE5_SANITIZE})
endif()
if(PICKLE5_FUZZ)
  if(NOT PICKLE5_CLANG)
    message(FATAL_ERROR "PICKLE5_FUZZ needs clang (preset fuzz)")
  endif()
  # Comparisons are not traced: that took a third of the time, and the mutator
  # knows what opcodes look like.
  add_compile_options(-fsanitize=fuzzer-no-link
    -fno-sanitize-coverage=trace-cmp)
endif()
if(PICKLE5_COVERAGE)
  if(NOT PICKLE5_CLANG)
    message(FATAL_ERROR "PICKLE5_COVERAGE needs clang (preset coverage)")
  endif()
  # The counters live in a mapped file (%c of LLVM_PROFILE_FILE), so that
  # processes that are killed or end by _exit are counted too.
  add_compile_options(-fprofile-instr-generate -fcoverage-mapping
    -fprofile-update=atomic "SHELL:-mllvm -runtime-counter-relocation")
  add_link_options(-fprofile-instr-generate)
endif()
