#include "pickle/value/lowering.h"

#include <array>
#include <cstddef>
#include <optional>

#include "pickle/protocol/python2_names.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {
namespace {

struct GlobalName {
  std::string_view module;
  std::string_view name;
};

// By StandIn.
constexpr std::array<GlobalName, 9> kStandIns = {{
    {"builtins", "bytes"},
    {"builtins", "bytearray"},
    {"builtins", "set"},
    {"builtins", "frozenset"},
    {"builtins", "getattr"},
    {"_codecs", "encode"},
    {"copyreg", "__newobj__"},
    {"copyreg", "__newobj_ex__"},
    {"functools", "partial"},
}};

// Only their addresses count.
constexpr std::array<char, 256> kCharacters = {};

bool FitsLines(std::string_view module, std::string_view name) {
  return module.find('\n') == module.npos && name.find('\n') == name.npos;
}

}  // namespace

void Lowering::Start(bool fix_imports) {
  fix_imports_ = fix_imports;
  names_.clear();
}

const void* Lowering::OneCharacterKey(std::string_view utf8) {
  if (utf8.empty() || utf8.size() > 2) return nullptr;
  const char* p = utf8.data();
  const char32_t character = DecodeUtf8(p);
  if (p != utf8.data() + utf8.size() || character > 0xff) return nullptr;
  return &kCharacters[character];
}

const void* Lowering::Intern(std::string_view text) {
  return &*names_.emplace(text).first;
}

void Lowering::EmitTextOnce(std::string_view utf8, const void* key) {
  emitter_.StartValue();
  if (emitter_.EmitKnown(key)) return;
  emitter_.EmitStr(utf8);
  emitter_.StartClosing();
  emitter_.Memoize(key);
}

void Lowering::EmitFreshText(std::string_view utf8) {
  if (const void* key = OneCharacterKey(utf8)) {
    return EmitTextOnce(utf8, key);
  }
  emitter_.StartValue();
  emitter_.EmitStr(utf8);
  emitter_.StartClosing();
  emitter_.Memoize();
}

void Lowering::EmitName(std::string_view name) {
  const void* key = OneCharacterKey(name);
  EmitTextOnce(name, key != nullptr ? key : Intern(name));
}

void Lowering::EmitStandIn(StandIn callable) {
  const GlobalName& global = kStandIns[static_cast<size_t>(callable)];
  emitter_.StartValue();
  if (emitter_.EmitKnown(&global)) return;
  EmitGlobal(global.module, global.name, false);
  emitter_.Memoize(&global);
}

Lowering::Names Lowering::Spell(std::string_view module, std::string_view name,
                                bool python2) const {
  const Names as_given(module, name);
  const bool to_python2 = emitter_.protocol() < 3;
  if (!fix_imports_ || python2 == to_python2) return as_given;
  const std::optional<Names> other =
      to_python2 ? Python2Name(module, name) : Python3Name(module, name);
  return other.value_or(as_given);
}

void Lowering::EmitNames(Names names) {
  EmitName(names.first);
  EmitName(names.second);
  emitter_.StartClosing();
  emitter_.Emit(Opcode::STACK_GLOBAL);
}

void Lowering::EmitGlobal(std::string_view module, std::string_view qualname,
                          bool python2) {
  if (emitter_.protocol() >= 4) {
    EmitNames(Spell(module, qualname, python2));
  } else if (!FitsLines(module, qualname) || HasSurrogates(module) ||
             HasSurrogates(qualname) || (!python2 && qualname[0] == '.')) {
    // In front of a first dot stands no name that could be a global's.
    EmitNames(Spell(module, qualname, python2));
  } else if (!python2 && qualname.find('.') != qualname.npos) {
    EmitAttribute(module, qualname);
  } else {
    const Names names = Spell(module, qualname, python2);
    emitter_.EmitGlobal(names.first, names.second);
  }
  emitter_.StartClosing();
}

// Neither the class in the middle nor the argument tuples are memoized.
void Lowering::EmitAttribute(std::string_view module,
                             std::string_view qualname) {
  size_t dots = 0;
  for (const char c : qualname) dots += c == '.';
  for (size_t i = 0; i < dots; ++i) {
    EmitStandIn(StandIn::kGetattr);
    emitter_.StartClosing();
    emitter_.OpenTuple(2);
  }
  size_t begin = 0;
  size_t end = qualname.find('.');
  const Names names = Spell(module, qualname.substr(0, end), false);
  emitter_.EmitGlobal(names.first, names.second);
  while (end != qualname.npos) {
    begin = end + 1;
    end = qualname.find('.', begin);
    EmitFreshText(qualname.substr(begin, end - begin));
    emitter_.StartClosing();
    emitter_.CloseTuple(2);
    emitter_.Emit(Opcode::REDUCE);
  }
}

bool Lowering::FitsInst(std::string_view module, std::string_view qualname,
                        bool python2) const {
  const bool dotted = !python2 && qualname.find('.') != qualname.npos;
  return FitsLines(module, qualname) && IsAscii(module) && IsAscii(qualname) &&
         !(dotted && emitter_.protocol() < 4);
}

void Lowering::EmitInst(std::string_view module, std::string_view qualname,
                        bool python2) {
  const Names names = Spell(module, qualname, python2);
  emitter_.EmitInst(names.first, names.second);
}

void Lowering::EmitBytes(std::string_view bytes) {
  if (bytes.empty()) {
    EmitStandIn(StandIn::kBytes);
    emitter_.StartValue();
    emitter_.EmitEmptyTuple();
  } else {
    EmitStandIn(StandIn::kEncode);
    emitter_.StartValue();
    emitter_.OpenTuple(2);
    std::string text;
    text.reserve(bytes.size());
    for (const char c : bytes) AppendUtf8(static_cast<uint8_t>(c), &text);
    EmitFreshText(text);
    EmitName("latin1");
    emitter_.CloseTuple(2);
    emitter_.Memoize();
  }
  emitter_.Emit(Opcode::REDUCE);
}

void Lowering::EmitByteArray(std::string_view bytes) {
  EmitStandIn(StandIn::kByteArray);
  emitter_.StartValue();
  if (bytes.empty()) {
    emitter_.EmitEmptyTuple();
    return emitter_.Emit(Opcode::REDUCE);
  }
  emitter_.OpenTuple(1);
  emitter_.StartValue();
  if (emitter_.protocol() < 3) {
    EmitBytes(bytes);
  } else {
    emitter_.EmitBytes(bytes);
  }
  emitter_.StartClosing();
  emitter_.Memoize();
  emitter_.CloseTuple(1);
  emitter_.Memoize();
  emitter_.Emit(Opcode::REDUCE);
}

void Lowering::OpenSet(StandIn type) {
  EmitStandIn(type);
  emitter_.StartValue();
  emitter_.OpenTuple(1);
  emitter_.StartValue();
  emitter_.EmitEmptyList();
  emitter_.Memoize();
}

void Lowering::CloseSet() {
  emitter_.CloseTuple(1);
  emitter_.Memoize();
  emitter_.Emit(Opcode::REDUCE);
}

}  // namespace pickle5::internal
