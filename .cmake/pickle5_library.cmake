# The library, static and shared, from one compilation.
#
# Debian's static Abseil is not position-independent; its CMake package names
# the shared one, which both libraries therefore use.

set(PICKLE5_SOURCES ${PICKLE5_BUFFERS_SOURCES} ${PICKLE5_PICKLE_SOURCES})
set(PICKLE5_HEADERS ${PICKLE5_BUFFERS_HEADERS} ${PICKLE5_PICKLE_HEADERS})

set(PICKLE5_PUBLIC_LIBRARIES
  absl::cord absl::core_headers absl::status absl::statusor absl::strings)
set(PICKLE5_PRIVATE_LIBRARIES
  absl::base absl::bits absl::flat_hash_map absl::flat_hash_set absl::hash
  absl::inlined_vector absl::int128 absl::str_format xxhash::xxhash
  Threads::Threads)

add_library(pickle5_objects OBJECT ${PICKLE5_SOURCES})
set_target_properties(pickle5_objects PROPERTIES
  POSITION_INDEPENDENT_CODE ON)
# Calls from one exported function to another stay direct and may be inlined.
target_compile_options(pickle5_objects PRIVATE -fno-semantic-interposition)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc sees uninitialised limbs in Boost.Multiprecision's small integers.
  set_source_files_properties("${PROJECT_SOURCE_DIR}/pickle/text/integer_text.cc"
    PROPERTIES COMPILE_OPTIONS -Wno-maybe-uninitialized)
endif()
target_include_directories(pickle5_objects PUBLIC "${PROJECT_SOURCE_DIR}")
target_link_libraries(pickle5_objects
  PUBLIC ${PICKLE5_PUBLIC_LIBRARIES}
  PRIVATE ${PICKLE5_PRIVATE_LIBRARIES} Boost::headers
          nlohmann_json::nlohmann_json pickle5_warnings)

foreach(kind IN ITEMS static shared)
  string(TOUPPER ${kind} KIND)
  add_library(pickle5_${kind} ${KIND} $<TARGET_OBJECTS:pickle5_objects>)
  add_library(pickle5::pickle5_${kind} ALIAS pickle5_${kind})
  set_target_properties(pickle5_${kind} PROPERTIES
    OUTPUT_NAME pickle5
    LINKER_LANGUAGE CXX
    VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR})
  target_compile_features(pickle5_${kind} PUBLIC cxx_std_20)
  target_include_directories(pickle5_${kind} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_link_libraries(pickle5_${kind}
    PUBLIC ${PICKLE5_PUBLIC_LIBRARIES}
    PRIVATE ${PICKLE5_PRIVATE_LIBRARIES})
endforeach()

if(BUILD_SHARED_LIBS)
  add_library(pickle5::pickle5 ALIAS pickle5_shared)
else()
  add_library(pickle5::pickle5 ALIAS pickle5_static)
endif()
