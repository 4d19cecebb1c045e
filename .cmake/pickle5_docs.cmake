# The configuration of Doxygen for `./dev docs`: the public headers.

list(JOIN PICKLE5_HEADERS " " docs_headers)
configure_file("${PROJECT_SOURCE_DIR}/.cmake/Doxyfile.in"
  "${PROJECT_BINARY_DIR}/Doxyfile" @ONLY)
