# Libraries, headers as <pickle5/...>, CMake package and pkg-config file.

include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/pickle5")

install(TARGETS pickle5_static pickle5_shared EXPORT pickle5Targets
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
install(EXPORT pickle5Targets NAMESPACE pickle5::
  DESTINATION "${package_dir}")
# In packages of their own: who asks for one needs its library.
foreach(name IN LISTS PICKLE5_CODEC_TARGETS)
  install(TARGETS pickle5_${name} EXPORT pickle5_${name}Targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}"
    INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
  install(EXPORT pickle5_${name}Targets NAMESPACE pickle5::
    DESTINATION "${package_dir}")
endforeach()
if(TARGET pkl5)
  install(TARGETS pkl5 RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
endif()

# The headers name one another from the root of the sources. The installed
# copies name one another as a user does.
configure_file("${PROJECT_SOURCE_DIR}/.cmake/install_headers.cmake.in"
  "${PROJECT_BINARY_DIR}/install_headers.cmake" @ONLY)
install(SCRIPT "${PROJECT_BINARY_DIR}/install_headers.cmake")

configure_package_config_file(
  "${PROJECT_SOURCE_DIR}/.cmake/pickle5Config.cmake.in"
  "${PROJECT_BINARY_DIR}/pickle5Config.cmake"
  INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(
  "${PROJECT_BINARY_DIR}/pickle5ConfigVersion.cmake"
  COMPATIBILITY SameMinorVersion)
install(FILES
  "${PROJECT_BINARY_DIR}/pickle5Config.cmake"
  "${PROJECT_BINARY_DIR}/pickle5ConfigVersion.cmake"
  "${PROJECT_SOURCE_DIR}/.cmake/Findxxhash.cmake"
  DESTINATION "${package_dir}")

list(TRANSFORM PICKLE5_PUBLIC_LIBRARIES REPLACE "^absl::" "absl_"
  OUTPUT_VARIABLE pc_requires)
list(JOIN pc_requires " " pc_requires)
set(pc_requires_private ${PICKLE5_PRIVATE_LIBRARIES})
list(FILTER pc_requires_private INCLUDE REGEX "^absl::")
list(TRANSFORM pc_requires_private REPLACE "^absl::" "absl_")
list(JOIN pc_requires_private " " pc_requires_private)
# Found from the place of the .pc file itself: an installed tree can be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX
  BASE_DIRECTORY "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig"
  OUTPUT_VARIABLE pc_prefix)
configure_file("${PROJECT_SOURCE_DIR}/.cmake/pickle5.pc.in"
  "${PROJECT_BINARY_DIR}/pickle5.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/pickle5.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")
