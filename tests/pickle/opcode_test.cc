#include "pickle/opcode.h"

#include <cstdio>
#include <memory>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace pickle5 {
namespace {

TEST(Opcode, EveryByteFindsItsOwnRowOrNone) {
  int rows = 0;
  for (int byte = 0; byte < 256; ++byte) {
    const OpcodeInfo* info = FindOpcode(static_cast<uint8_t>(byte));
    if (info == nullptr) continue;
    ++rows;
    EXPECT_EQ(static_cast<int>(info->opcode), byte) << info->name;
    EXPECT_EQ(&InfoOf(info->opcode), info);
  }
  EXPECT_EQ(rows, 68);
}

TEST(Opcode, NamesAreUnique) {
  std::set<std::string_view> names;
  for (const OpcodeInfo& info : kOpcodes) names.insert(info.name);
  EXPECT_EQ(names.size(), kOpcodes.size());
}

TEST(Opcode, ShapesAreThoseOfTheArguments) {
  EXPECT_EQ(ShapeOf(InfoOf(Opcode::NONE).argument).fixed, 0);
  EXPECT_EQ(ShapeOf(InfoOf(Opcode::FRAME).argument).fixed, 8);
  EXPECT_FALSE(ShapeOf(InfoOf(Opcode::FRAME).argument).length_prefix);
  EXPECT_TRUE(ShapeOf(InfoOf(Opcode::BINBYTES8).argument).length_prefix);
  EXPECT_TRUE(ShapeOf(InfoOf(Opcode::LONG4).argument).signed_prefix);
  EXPECT_FALSE(ShapeOf(InfoOf(Opcode::BINUNICODE).argument).signed_prefix);
  EXPECT_EQ(ShapeOf(InfoOf(Opcode::INST).argument).lines, 2);
}

// The table, row by row, as Python's pickletools has it.
std::string TableOfPickletools(const std::string& python) {
  const std::string command =
      python +
      " -c \"import pickletools as t\n"
      "for o in t.opcodes: print(o.name, ord(o.code), o.proto, "
      "' '.join(x.name for x in o.stack_before), '->', "
      "' '.join(x.name for x in o.stack_after), sep='|')\" 2>/dev/null";
  std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"),
                                             pclose);
  std::string text;
  char part[4096];
  while (size_t n = fread(part, 1, sizeof part, pipe.get())) {
    text.append(part, n);
  }
  return text;
}

TEST(Opcode, TableIsThatOfPickletools) {
  const std::string expected = TableOfPickletools("/usr/bin/python3");
  ASSERT_FALSE(expected.empty()) << "no /usr/bin/python3";
  std::string table;
  for (const OpcodeInfo& info : kOpcodes) {
    table += std::string(info.name) + "|" +
             std::to_string(static_cast<int>(info.opcode)) + "|" +
             std::to_string(info.protocol) + "|" + std::string(info.before) +
             "|->|" + std::string(info.after) + "\n";
  }
  EXPECT_EQ(table, expected);
}

}  // namespace
}  // namespace pickle5
