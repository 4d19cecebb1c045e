#ifndef PICKLE5_PICKLE_PYTHON_VERSION_RULES_H_
#define PICKLE5_PICKLE_PYTHON_VERSION_RULES_H_

#include "pickle/python/python_api.h"
#include "pickle/text/text_argument.h"

namespace pickle5::python {

// The table of what `_pickle` does differently from version to version of
// CPython. The extension does as the interpreter that it is built for; its
// other files ask this table, never for a version. (python_api.h hides which
// functions of the C API a version has.)
//
// | since | rule                                                            |
// |-------|-----------------------------------------------------------------|
// | 3.12  | kNoPersistentLoad                                               |
// | 3.13  | kPersistentIdsAreReadFirst; kExtensionCodesAreInts;             |
// |       | kLocalObject; kLocalAttribute;                                  |
// |       | kPickleBufferProtocol                                           |
// | 3.14  | kDefaultProtocol; kListsKeepTheirSize; kTextIntegers: decimal;  |
// |       | kRaisesFromCauses; kNamesTypesInFull; kNoModules;               |
// |       | kPicklingTexts                                                  |
// | 3.15  | kExactBatches; kTextIntegers: bools; kManglesNames;             |
// |       | kEmptyItemsNeedMethods                                          |
//
// Frames are no rule of the table: readers of the newest patch releases of 3.13
// and later keep to them, and so does this one in all versions.

// Returns whether the interpreter is CPython 3.`minor` or later.
constexpr bool IsSince(int minor) {
  return PY_VERSION_HEX >= 0x03000000 + (minor << 16);
}

// Of dumps that name no protocol.
inline constexpr int kDefaultProtocol = IsSince(14) ? 5 : 4;

// Items of exact lists, dicts and sets: a batch holds one item at least, and a
// lone one is written by APPEND or SETITEM. Before, a dict or set whose last
// batch is full ends with an empty one, and every batch of a container that
// holds several items is written by APPENDS or SETITEMS.
inline constexpr bool kExactBatches = IsSince(15);

// A list of several items that changes its size while they are saved is a
// RuntimeError. Before, what it then holds is saved.
inline constexpr bool kListsKeepTheirSize = IsSince(14);

// How INT and LONG are read.
inline constexpr TextIntegers kTextIntegers =
    IsSince(15)   ? TextIntegers::kDecimalAndLiteralBools
    : IsSince(14) ? TextIntegers::kDecimal
                  : TextIntegers::kAnyBase;

// APPENDS and ADDITEMS without items want a target that has the method, too.
inline constexpr bool kEmptyItemsNeedMethods = IsSince(15);

// The names of private attributes in the paths of globals are mangled:
// `Outer.__Inner` is written as `Outer._Outer__Inner`.
inline constexpr bool kManglesNames = IsSince(15);

// Where an object is not found by its name, only exceptions of a lookup become
// a PicklingError, of which they are the context: ImportError and ValueError of
// the import, AttributeError of the rest. Before, all do, and are forgotten.
// Likewise for names that cannot be encoded. A path is followed when a name is
// read only if it holds a dot.
inline constexpr bool kRaisesFromCauses = IsSince(14);

// Errors name types with their module and qualified name, as %T does.
inline constexpr bool kNamesTypesInFull = IsSince(14);

// A code of the extension registry that is no int or out of range raises what
// int's conversion raises, or RuntimeError. Before, PicklingError.
inline constexpr bool kExtensionCodesAreInts = IsSince(13);

// How the errors of objects that are defined in functions begin.
inline constexpr const char* kLocalObject = IsSince(13) && !IsSince(14)
                                                ? "Can't get local object"
                                                : "Can't pickle local object";
inline constexpr const char* kLocalAttribute =
    IsSince(13) ? "Can't get local attribute %R on %R"
                : "Can't pickle local attribute %R on %R";

// PERSID without a persistent_load is refused once its line was read, which
// must be ASCII. Before, it is refused first.
inline constexpr bool kPersistentIdsAreReadFirst = IsSince(13);

inline constexpr const char* kNoPersistentLoad =
    IsSince(12) ? "A load persistent id instruction was encountered, but no "
                  "persistent_load function was specified."
                : "A load persistent id instruction was encountered,\nbut no "
                  "persistent_load function was specified.";

inline constexpr const char* kNoModules =
    IsSince(14) ? "lost sys.modules" : "unable to get sys.modules";

inline constexpr const char* kPickleBufferProtocol =
    IsSince(13) ? "PickleBuffer can only be pickled with protocol >= 5"
                : "PickleBuffer can only pickled with protocol >= 5";

// The texts of PicklingErrors, for PyErr_Format(). `%U` is the name of a type
// or, in the encoding errors, of a kind of name.
struct PicklingTexts {
  const char* no_reduction;  // %U, %R: the object
  const char* reduce_result;
  const char* callable;
  const char* arguments;
  const char* list_items;
  const char* dict_items;
  const char* state_setter;
  const char* newobj_count;  // %zd
  const char* newobj_class;
  const char* newobj_wrong_class;  // %R, %R: the wanted class and the given
  const char* newobj_ex_count;     // %zd
  const char* newobj_ex_class;
  const char* newobj_ex_arguments;
  const char* newobj_ex_keywords;
  const char* identifier;  // %s: the kind of name, %R or %S, %i: the protocol
};

inline constexpr PicklingTexts kPicklingTexts =
    IsSince(14)
        ? PicklingTexts{
              "Can't pickle %U object",
              "__reduce__ must return a string or tuple, not %U",
              "first item of the tuple returned by __reduce__ must be "
              "callable, not %U",
              "second item of the tuple returned by __reduce__ must be a "
              "tuple, not %U",
              "fourth item of the tuple returned by __reduce__ must be an "
              "iterator, not %U",
              "fifth item of the tuple returned by __reduce__ must be an "
              "iterator, not %U",
              "sixth item of the tuple returned by __reduce__ must be "
              "callable, not %U",
              "__newobj__ expected at least 1 argument, got %zd",
              "first argument to __newobj__() must be a class, not %U",
              "first argument to __newobj__() must be %R, not %R",
              "__newobj_ex__ expected 3 arguments, got %zd",
              "first argument to __newobj_ex__() must be a class, not %U",
              "second argument to __newobj_ex__() must be a tuple, not %U",
              "third argument to __newobj_ex__() must be a dict, not %U",
              "can't pickle %s identifier %R using pickle protocol %i",
          }
        : PicklingTexts{
              "can't pickle '%U' object: %R",
              "__reduce__ must return a string or tuple",
              "first item of the tuple returned by __reduce__ must be callable",
              "second item of the tuple returned by __reduce__ must be a tuple",
              "fourth element of the tuple returned by __reduce__ must be an "
              "iterator, not %U",
              "fifth element of the tuple returned by __reduce__ must be an "
              "iterator, not %U",
              "sixth element of the tuple returned by __reduce__ must be a "
              "function, not %U",
              "__newobj__ arglist is empty",
              "args[0] from __newobj__ args is not a type",
              "args[0] from __newobj__ args has the wrong class",
              "length of the NEWOBJ_EX argument tuple must be exactly 3, not "
              "%zd",
              "first item from NEWOBJ_EX argument tuple must be a class, not "
              "%U",
              "second item from NEWOBJ_EX argument tuple must be a tuple, not "
              "%U",
              "third item from NEWOBJ_EX argument tuple must be a dict, not %U",
              "can't pickle %s identifier '%S' using pickle protocol %i",
          };

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_VERSION_RULES_H_
