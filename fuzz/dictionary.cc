// Writes libFuzzer's dictionary of the opcode table: every opcode alone and
// with each of its sample arguments.

#include <cstdint>
#include <cstdio>
#include <string>

#include "fuzz/opcode_samples.h"
#include "pickle/protocol/opcode.h"

namespace {

void Print(std::string_view name, const std::string& bytes) {
  std::printf("%s=\"", std::string(name).c_str());
  for (const char c : bytes) std::printf("\\x%02x", static_cast<uint8_t>(c));
  std::printf("\"\n");
}

}  // namespace

int main() {
  for (const pickle5::OpcodeInfo& info : pickle5::kOpcodes) {
    const std::string opcode(1, static_cast<char>(info.opcode));
    int number = 0;
    for (const std::string& argument :
         pickle5::SampleArguments(info.argument)) {
      Print(std::string(info.name) + "_" + std::to_string(number++),
            opcode + argument);
    }
  }
  return std::ferror(stdout) != 0;
}
