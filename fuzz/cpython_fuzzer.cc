// Promise: compat mode accepts exactly what CPython's `_pickle` accepts, where
// every class is a symbol that can be called, filled and given a state; and
// both make the same tree of it. Where they differ, the difference is one that
// cpython_differences.cc lists.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

#include "fuzz/cpython_differences.h"
#include "fuzz/embedded_python.h"
#include "fuzz/fuzz_input.h"
#include "fuzz/input_count.h"
#include "fuzz/python_replay.h"
#include "pickle/protocol/scanner.h"
#include "pickle/value/document.h"

namespace pickle5 {
namespace {

using python::Handle;

// CPython's memo is an array: it takes memory on the word of an index.
constexpr uint64_t kLargestMemoIndex = 9999;
constexpr size_t kLongestMemoIndex = 4;
constexpr int kMostDoublings = 12;
// Python's own pace bounds what is compared.
constexpr size_t kLargestInput = 8 << 10;

uint64_t Number(std::string_view little_endian) {
  uint64_t number = 0;
  for (size_t i = little_endian.size(); i > 0; --i) {
    number = number << 8 | static_cast<uint8_t>(little_endian[i - 1]);
  }
  return number;
}

// Makes the extension codes known that the pickle uses. False if CPython would
// take more memory than there is for what a number says, or might take for
// ever: it hashes a tuple again for each place in which it stands.
bool Prepare(std::string_view pickle, EmbeddedPython& cpython) {
  Scanner scanner(pickle);
  Token token;
  bool registered = false;
  int tuples = 0;
  int repeats = 0;
  while (scanner.Next(token) == Scanner::Result::kToken) {
    switch (token.opcode()) {
      case Opcode::LONG_BINPUT:
        if (Number(token.argument) > kLargestMemoIndex) return false;
        break;
      case Opcode::PUT:
        if (token.argument.size() > kLongestMemoIndex) return false;
        break;
      case Opcode::DUP:
      case Opcode::GET:
      case Opcode::BINGET:
      case Opcode::LONG_BINGET:
        ++repeats;
        break;
      case Opcode::TUPLE:
      case Opcode::TUPLE1:
      case Opcode::TUPLE2:
      case Opcode::TUPLE3:
      case Opcode::FROZENSET:
        ++tuples;
        break;
      case Opcode::EXT1:
      case Opcode::EXT2:
      case Opcode::EXT4: {
        const uint64_t code = Number(token.argument);
        // CPython makes one object of all uses of a code.
        if (registered) return false;
        cpython.ForgetExtensions();
        registered = true;
        cpython.RegisterExtension(static_cast<int32_t>(code));
        break;
      }
      default:
        break;
    }
  }
  if (std::min(tuples, repeats) > kMostDoublings) return false;
  // It makes the bytearray before it looks whether the bytes are there.
  return scanner.rest().empty() ||
         scanner.rest()[0] != static_cast<char>(Opcode::BYTEARRAY8);
}

void Compare(const FuzzInput& input, EmbeddedPython& cpython) {
  if (input.pickle.size() > kLargestInput) return;
  if (!Prepare(input.pickle, cpython)) return;
  ReadOptions options = input.Options(Mode::kCompat);
  options.placeholder_buffers = false;
  Document document;
  const absl::Status ours = document.LoadBorrowed(input.pickle, options);
  if (IsLimit(ours) && GetDecodeError(ours)->code != ErrorCode::kDigitsLimit) {
    return;
  }
  std::string error;
  const Handle loaded = cpython.Load(input.pickle, input.choice & 3, &error);
  CountInput(error.empty());
  if (ours.ok() == error.empty()) {
    if (!ours.ok() || HoldsNan(document.root())) return;
    const std::string wanted = cpython.Tree(loaded.get());
    const std::string tree =
        cpython.Tree(cpython.Replay(document.root()).get());
    if (tree == wanted) return;
    std::fprintf(stderr, "CPython: %s\nhere:    %s\n", wanted.c_str(),
                 tree.c_str());
  } else {
    const CPythonDifference* known = FindDifference(ours, error);
    if (known != nullptr) return;
    std::fprintf(stderr, "CPython: %s\nhere:    %s\n", error.c_str(),
                 ours.ToString().c_str());
  }
  Require(false);
}

}  // namespace
}  // namespace pickle5

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static auto* const cpython = new pickle5::EmbeddedPython;
  pickle5::Compare(pickle5::FuzzInput::Of(data, size), *cpython);
  return 0;
}
