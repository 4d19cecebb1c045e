# pickle5::zstd and pickle5::lz4: codecs for compressed buffers, one static
# library each, made where their library is there.

option(PICKLE5_CODECS "Build pickle5::zstd and pickle5::lz4" ON)

find_package(PkgConfig)
set(PICKLE5_CODEC_TARGETS)

# pickle5_codec(NAME MODULE): MODULE is what pkg-config calls its library.
function(pickle5_codec name module)
  if(PICKLE5_CODECS AND PkgConfig_FOUND)
    pkg_check_modules(${name} QUIET IMPORTED_TARGET GLOBAL ${module})
  endif()
  if(NOT ${name}_FOUND)
    message(STATUS "pickle5::${name} is not built: no ${module}")
    return()
  endif()
  add_library(pickle5_${name} STATIC
    "${PROJECT_SOURCE_DIR}/buffers/filters/${name}_codec.cc")
  add_library(pickle5::${name} ALIAS pickle5_${name})
  set_target_properties(pickle5_${name} PROPERTIES
    EXPORT_NAME ${name}
    POSITION_INDEPENDENT_CODE ON)
  target_compile_features(pickle5_${name} PUBLIC cxx_std_20)
  target_include_directories(pickle5_${name} PUBLIC
    $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  # Installed, it is for whichever of the two libraries the user takes.
  target_link_libraries(pickle5_${name}
    PUBLIC $<BUILD_INTERFACE:pickle5::pickle5> ${PICKLE5_PUBLIC_LIBRARIES}
    PRIVATE PkgConfig::${name} $<BUILD_INTERFACE:pickle5_warnings>)
  set(PICKLE5_CODEC_TARGETS ${PICKLE5_CODEC_TARGETS} ${name} PARENT_SCOPE)
endfunction()

pickle5_codec(zstd libzstd)
pickle5_codec(lz4 liblz4)

foreach(name IN LISTS PICKLE5_CODEC_TARGETS)
  list(APPEND PICKLE5_HEADERS
    "${PROJECT_SOURCE_DIR}/buffers/filters/${name}_codec.h")
endforeach()
