#ifndef PICKLE5_PICKLE_VALUE_LOWERING_H_
#define PICKLE5_PICKLE_VALUE_LOWERING_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "pickle/emitter/emitter.h"

namespace pickle5::internal {

// The callables that stand in for opcodes a protocol lacks.
enum class StandIn : uint8_t {
  kBytes,      // builtins.bytes
  kByteArray,  // builtins.bytearray
  kSet,        // builtins.set
  kFrozenSet,  // builtins.frozenset
  kGetattr,    // builtins.getattr
  kEncode,     // _codecs.encode
  kNewObj,     // copyreg.__newobj__
  kNewObjEx,   // copyreg.__newobj_ex__
  kPartial,    // functools.partial
};

// Writes values for which the protocol has no opcode, as CPython 3.13's C
// pickler does. The table, by what is written (`.` is REDUCE of a callable on
// an argument tuple):
//
//   value                 before  becomes
//   bytes                 3       _codecs.encode(latin-1 text, 'latin1')
//   b''                   3       bytes()
//   bytearray             5       bytearray(bytes)
//   bytearray()           5       bytearray()
//   set, frozenset        4       set(list), frozenset(list)
//   dotted global         4       getattr(getattr(module.A, 'B'), 'C')
//   NEWOBJ                2       copyreg.__newobj__(cls, *args)
//   NEWOBJ_EX             2       copyreg.__newobj_ex__(cls, args, kwargs)
//   NEWOBJ_EX             4       functools.partial(cls.__new__, cls, *args,
//                                 **kwargs)()
//   buffer                5       its bytes: bytes if readonly, or bytearray
//   names                 3       Python 2's, if fix_imports
//
// Every reader takes every opcode, whatever PROTO says. What CPython never
// writes in an old protocol, or cannot write there, is therefore written by
// the newer opcode: EXT1, EXT2 and EXT4 before 2; BINPERSID in 0 for an id that
// is not an ASCII str of one line; OBJ in 0; ADDITEMS on an object before 4;
// STACK_GLOBAL before 4 for names that do not fit on a line or in UTF-8, or
// that begin with a dot; NEWOBJ and NEWOBJ_EX whose arguments are no tuple or
// whose class is not a plain global. INST becomes OBJ where its class does not
// fit on two ASCII lines.
//
// Identity: CPython has one object for each callable above, for each str of one
// Latin-1 character and for each interned name; so these are written once and
// then fetched from the memo.
//
// Lifetime: the emitter must outlive the object.
// Errors:   the emitter's; std::bad_alloc.
class Lowering {
 public:
  explicit Lowering(Emitter* emitter) : emitter_(*emitter) {}

  // To be called after Emitter::Start().
  void Start(bool fix_imports);

  // A callable, as a value of its own: from StartValue() to Memoize().
  void EmitStandIn(StandIn callable);

  // A global, not memoized. `python2`: the names are those of Python 2.
  void EmitGlobal(std::string_view module, std::string_view qualname,
                  bool python2);
  // INST, for a class whose names it can hold.
  bool FitsInst(std::string_view module, std::string_view qualname,
                bool python2) const;
  void EmitInst(std::string_view module, std::string_view qualname,
                bool python2);

  // A str that CPython interns: the same text is the same object.
  void EmitName(std::string_view name);

  // Each leaves the value on the stack, not memoized.
  void EmitBytes(std::string_view bytes);      // before protocol 3
  void EmitByteArray(std::string_view bytes);  // before protocol 5

  // Around the batches of a set's items in a list.
  void OpenSet(StandIn type);
  void CloseSet();

  // The memo key of a str of one Latin-1 character, nullptr for others.
  static const void* OneCharacterKey(std::string_view utf8);

 private:
  using Names = std::pair<std::string_view, std::string_view>;

  // The names as the protocol spells them.
  Names Spell(std::string_view module, std::string_view name,
              bool python2) const;
  void EmitAttribute(std::string_view module, std::string_view qualname);
  void EmitNames(Names names);
  void EmitTextOnce(std::string_view utf8, const void* key);
  // A str that CPython makes anew; those of one Latin-1 character are interned.
  void EmitFreshText(std::string_view utf8);
  const void* Intern(std::string_view text);

  Emitter& emitter_;
  bool fix_imports_ = true;
  std::unordered_set<std::string> names_;  // their addresses are memo keys
};

}  // namespace pickle5::internal

#endif  // PICKLE5_PICKLE_VALUE_LOWERING_H_
