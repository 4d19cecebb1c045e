#include "pickle/protocol/opcode.h"

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

// What Python's pickletools has of its opcodes `o`, a line each.
std::string OfPickletools(const std::string& fields) {
  const std::string command =
      "/usr/bin/python3 -c \"import pickletools as t\n"
      "for o in t.opcodes: print(" +
      fields + ", sep='|')\" 2>/dev/null";
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
  const std::string expected = OfPickletools(
      "o.name, ord(o.code), o.proto, "
      "' '.join(x.name for x in o.stack_before), '->', "
      "' '.join(x.name for x in o.stack_after)");
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

// The size of an argument as pickletools numbers it: below 0 are lines, and
// lengths of 1, 4 (signed and not) and 8 bytes.
int SizeForPickletools(const ArgumentShape& shape) {
  if (shape.lines != 0) return -1;
  if (!shape.length_prefix) return shape.fixed;
  if (shape.fixed == 4) return shape.signed_prefix ? -3 : -4;
  return shape.fixed == 1 ? -2 : -5;
}

TEST(Opcode, ShapesAreThoseOfPickletools) {
  const std::string expected = OfPickletools(
      "o.name, o.arg.n if o.arg else 0, "
      "int(o.arg.n == -1) + ('pair' in o.arg.name) if o.arg else 0");
  ASSERT_FALSE(expected.empty()) << "no /usr/bin/python3";
  std::string shapes;
  for (const OpcodeInfo& info : kOpcodes) {
    const ArgumentShape shape = ShapeOf(info.argument);
    shapes += std::string(info.name) + "|" +
              std::to_string(SizeForPickletools(shape)) + "|" +
              std::to_string(shape.lines) + "\n";
    EXPECT_TRUE(shape.length_prefix || !shape.signed_prefix) << info.name;
  }
  EXPECT_EQ(shapes, expected);
}

}  // namespace
}  // namespace pickle5
