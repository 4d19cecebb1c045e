# Installs into an empty prefix, then builds and runs a program against what
# was installed: with find_package (shared and static) and with pkg-config.
# All installed headers are compiled as well.

cmake_minimum_required(VERSION 3.25)

set(prefix "${WORK_DIR}/prefix")
set(source "${CMAKE_CURRENT_LIST_DIR}")
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result
    OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "${command}\n${output}\nresult: ${result}")
  endif()
endfunction()

run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${prefix}")

file(GLOB_RECURSE headers RELATIVE "${prefix}/include"
  "${prefix}/include/pickle5/*.h")
if(NOT "pickle5/pickle5.h" IN_LIST headers)
  message(FATAL_ERROR "pickle5/pickle5.h is not installed")
endif()
foreach(header IN LISTS headers)
  file(STRINGS "${prefix}/include/${header}" lines
    REGEX "#include \"(pickle|buffers)/")
  if(lines)
    message(FATAL_ERROR "${header} names a source path: ${lines}")
  endif()
  file(APPEND "${WORK_DIR}/headers.cc" "#include <${header}>\n")
endforeach()

set(package "${prefix}/${LIBDIR}/cmake/pickle5")
set(codecs)
if(EXISTS "${package}/pickle5_zstdTargets.cmake"
   AND EXISTS "${package}/pickle5_lz4Targets.cmake")
  set(codecs "zstd,lz4")
endif()

foreach(shared IN ITEMS ON OFF)
  set(build "${WORK_DIR}/shared-${shared}")
  run("${CMAKE_COMMAND}" -S "${source}/consumer" -B "${build}" -G Ninja
    "-DCMAKE_CXX_COMPILER=${CXX}" "-DCMAKE_PREFIX_PATH=${prefix}"
    "-DBUILD_SHARED_LIBS=${shared}" "-DHEADERS=${WORK_DIR}/headers.cc"
    "-DCODECS=${codecs}"
    "-DEXAMPLE=${source}/../examples/matrix_in_shared_memory.cc")
  run("${CMAKE_COMMAND}" --build "${build}")
  run("${build}/consumer")
  run("${build}/example")
  if(codecs)
    run("${build}/compressing")
  endif()
endforeach()

find_program(pkg_config pkg-config REQUIRED)
set(ENV{PKG_CONFIG_PATH} "${prefix}/${LIBDIR}/pkgconfig")
execute_process(COMMAND "${pkg_config}" --cflags --libs pickle5
  OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
separate_arguments(flags)
run("${CXX}" -std=c++20 "${source}/consumer/consumer.cc"
  -o "${WORK_DIR}/pkg-config-consumer" ${flags}
  "-Wl,-rpath,${prefix}/${LIBDIR}")
run("${WORK_DIR}/pkg-config-consumer")
