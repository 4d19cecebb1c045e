# Whether the xxHash library chooses its vectors by the processor it runs on
# (see buffers/digests/xxh3.h): distributions build it so on x86-64, but need not.

include(CheckCXXSourceCompiles)
include(CMakePushCheckState)

cmake_push_check_state(RESET)
set(CMAKE_REQUIRED_LIBRARIES xxhash::xxhash)
check_cxx_source_compiles("
  #define XXH_STATIC_LINKING_ONLY
  #include <xxh_x86dispatch.h>
  int main() { return static_cast<int>(XXH3_128bits_dispatch(\"\", 0).low64); }
  " PICKLE5_XXH3_DISPATCH)
cmake_pop_check_state()
if(PICKLE5_XXH3_DISPATCH)
  set_source_files_properties(
    "${PROJECT_SOURCE_DIR}/buffers/digests/buffer_digest.cc"
    "${PROJECT_SOURCE_DIR}/buffers/digests/running_digest.cc"
    DIRECTORY "${PROJECT_SOURCE_DIR}"
    PROPERTIES COMPILE_DEFINITIONS PICKLE5_XXH3_DISPATCH)
endif()
