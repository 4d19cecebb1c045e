#ifndef PICKLE5_PICKLE_PYTHON_DUMP_WALK_STAGES_H_
#define PICKLE5_PICKLE_PYTHON_DUMP_WALK_STAGES_H_

#include <cstdint>

#include "pickle/python/python_api.h"

namespace pickle5::python {

// The stages at which the frames of an ObjectWalker go on, and so their
// contents: their steps read it, and so do the notes of a failure.

// Of lists.
enum ListStage : uint8_t {
  kListGoesOn,
  kListChanged,  // the list is not what it was
};

// Of dicts.
enum DictStage : uint8_t {
  kDictValue,    // a value, or the next key
  kDictKey,      // the key of the value that waits is saved
  kDictChanged,  // the dict is not what it was
};

// Of items that iterators give.
enum ItemStage : uint8_t {
  kBatchBegin,  // a batch, if there are items left
  kItemSaved,   // an item of a batch is saved
  kKeySaved,    // the key of a pair is saved
};

// Of instances that need no reduction.
enum InstanceStage : uint8_t {
  kInstanceClass,
  kInstanceMake,  // the class is saved
  kInstanceState,
  kInstanceItems,
  kInstanceKept,     // the items are left to a frame of what was kept
  kInstanceChanged,  // the instance is not what it was
};

// Of reductions: each is left behind as soon as its object begins.
enum ReduceStage : uint8_t {
  kSaveCallable,
  kSaveArguments,
  kSaveKeywords,
  kCall,
  kSaveListItems,
  kSaveDictItems,
  kSaveState,
  kSetterObject,
  kSetterState,
  kSetterCall,
  kBuild,
};

// Kept in a reduce frame's `limit`: how the object is made.
enum CallKind : Py_ssize_t { kReduceCall, kNewObj, kNewObjEx, kPartial };

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_DUMP_WALK_STAGES_H_
