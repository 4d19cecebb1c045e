#ifndef PICKLE5_PICKLE_PYTHON_MODULE_STATE_H_
#define PICKLE5_PICKLE_PYTHON_MODULE_STATE_H_

#include <cstdint>
#include <memory>

#include "pickle/python/dump/array_reduction.h"
#include "pickle/python/dump/encoded_texts.h"
#include "pickle/python/dump/type_cache.h"
#include "pickle/python/public_face.h"
#include "pickle/python/python_api.h"

namespace pickle5::python {

class ObjectWalker;
class LoadSession;

// The classes of the module datetime, if they are static: nullptr until an
// object of one is met.
struct DatetimeTypes {
  PyTypeObject* datetime;
  PyTypeObject* date;
  PyTypeObject* time;
  PyTypeObject* timedelta;

  // Imports the module. False: an exception is set.
  bool Find();
};

// The classes of _io whose objects are read in ways of their own, and methods.
struct IoTypes {
  PyObject* bytes_io;
  PyObject* bytes_io_read;
  PyObject* bytes_io_readinto;
  PyObject* bytes_io_seek;
  PyObject* buffered_reader;
  PyObject* buffered_random;
  PyObject* file_io;
  PyObject* raw_io_base;

  // Imports the module. False: an exception is set.
  bool Find();
  int Traverse(visitproc visit, void* arg) const;
  void Clear();
};

// The state of one instance of the module: one per interpreter. All references
// are owned.
struct ModuleState {
  // CPython's own exceptions and registries, the live ones.
  PyObject* pickling_error;
  PyObject* unpickling_error;
  PyObject* dispatch_table;
  PyObject* extension_registry;
  PyObject* inverted_registry;
  PyObject* extension_cache;
  PyObject* name_mapping_2to3;
  PyObject* import_mapping_2to3;
  PyObject* name_mapping_3to2;
  PyObject* import_mapping_3to2;
  PyObject* codecs_encode;
  PyObject* partial;
  PyObject* getattr;
  PyObject* get_int_max_str_digits;  // nullptr where there is no such limit
  PyObject* object_reduce_ex;        // what object itself defines
  PyObject* object_reduce;
  PyObject* object_getstate;  // nullptr before 3.11
  PyObject* slotnames;        // copyreg._slotnames

  // How names with dots are written before protocol 4: by a chain of getattr()
  // from the module's attribute, or by one of the parent's.
  bool chains_getattr;
  // InstanceFields can be trusted.
  bool reads_fields;
  PyObject* namedtuple_code;  // of the __getnewargs__ of all namedtuples
  IoTypes io;
  TypeCache types;
  EncodedTexts encoded_texts;
  ArrayReduction arrays;
  DatetimeTypes datetime_types;
  PublicFace face;

  // How many dumps have begun, and what the last one that failed has said: the
  // notes of its exception (failure_notes.h), or nullptr.
  uint64_t dumps;
  uint64_t last_noted_dump;
  PyObject* last_notes;

  // Interned names.
  PyObject* str_append;
  PyObject* str_add;
  PyObject* str_buffers;
  PyObject* str_class;
  PyObject* str_dict;
  PyObject* str_dispatch_table;
  PyObject* str_dtype;
  PyObject* str_extend;
  PyObject* str_find_class;
  PyObject* str_fspath;
  PyObject* str_getinitargs;
  PyObject* str_getnewargs;
  PyObject* str_getnewargs_ex;
  PyObject* str_getstate;
  PyObject* str_items;
  PyObject* str_latin1;
  PyObject* str_main;
  PyObject* str_module;
  PyObject* str_name;
  PyObject* str_new;
  PyObject* str_newobj;
  PyObject* str_newobj_ex;
  PyObject* str_notes;
  PyObject* str_peek;
  PyObject* str_persistent_id;
  PyObject* str_persistent_load;
  PyObject* str_qualname;
  PyObject* str_read;
  PyObject* str_readinto;
  PyObject* str_readline;
  PyObject* str_reduce;
  PyObject* str_reduce_ex;
  PyObject* str_reducer_override;
  PyObject* str_setstate;
  PyObject* str_slotnames;
  PyObject* str_write;

  PyTypeObject* pickler_type;
  PyTypeObject* unpickler_type;
  PyTypeObject* pickler_memo_type;
  PyTypeObject* unpickler_memo_type;
  PyTypeObject* tree_node_type;
  PyTypeObject* buffer_type;

  // The last ones used by the module's functions, kept for their memory; not
  // here while they are at work.
  std::unique_ptr<ObjectWalker> spare_walker;
  std::unique_ptr<LoadSession> spare_session;

  // Imports and looks up everything but the types. False: an exception is set.
  bool Init();
  int Traverse(visitproc visit, void* arg) const;
  void Clear();
};

extern PyModuleDef module_def;

ModuleState* StateOf(PyObject* module);
// The state of the module that made `type` or one of its bases; nullptr with an
// exception set if there is none.
ModuleState* StateOfType(PyTypeObject* type);

// Create the types of the module. False: an exception is set.
bool AddPicklerTypes(PyObject* module, ModuleState* state);
bool AddUnpicklerTypes(PyObject* module, ModuleState* state);
bool AddBufferType(PyObject* module, ModuleState* state);
// Adds the functions that look at pickles and load nothing.
bool AddInspection(PyObject* module, ModuleState* state);

}  // namespace pickle5::python

#endif  // PICKLE5_PICKLE_PYTHON_MODULE_STATE_H_
