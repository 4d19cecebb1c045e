#include "fuzz/cpython_differences.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "fuzz/embedded_python.h"
#include "gtest/gtest.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

const std::filesystem::path kFolder =
    PICKLE5_FUZZ_DIR "/regressions/cpython_fuzzer";

std::string Read(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(CPythonDifferencesTest, EachIsShownByAPickleAndHasAReason) {
  EmbeddedPython cpython;
  for (const CPythonDifference& difference : CPythonDifferences()) {
    const std::string pickle =
        Read(kFolder / (std::string(difference.name) + ".pkl"));
    Document document;
    const absl::Status ours = document.LoadOwned(pickle);
    std::string error;
    const python::Handle loaded = cpython.Load(pickle, 0, &error);
    ASSERT_NE(ours.ok(), error.empty())
        << difference.name << " is no difference: unlist it";
    EXPECT_EQ(FindDifference(ours, error), &difference) << error;
    EXPECT_FALSE(difference.reason.empty());
  }
}

TEST(CPythonDifferencesTest, WhatIsNotListedIsNotFound) {
  EXPECT_EQ(FindDifference(absl::OkStatus(), "KeyError: 1"), nullptr);
  EXPECT_EQ(FindDifference(absl::InternalError(""), ""), nullptr);
}

}  // namespace
}  // namespace pickle5
