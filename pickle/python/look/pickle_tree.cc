#include "pickle/python/look/pickle_tree.h"

#include <array>
#include <bit>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "pickle/python/handle.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/value/document.h"
#include "pickle/value/repr.h"

namespace pickle5::python {
namespace {

// A Document, and the pickle that its strings are views of.
struct Tree {
  explicit Tree(PyObject* data) : pickle(Handle::Share(data)) {}

  Handle pickle;
  Document document;
};

struct NodeObject {
  PyObject ob_base;
  std::shared_ptr<Tree>* tree;
  Value value;
};

NodeObject* As(PyObject* self) { return reinterpret_cast<NodeObject*>(self); }

PyObject* MakeNode(PyTypeObject* type, const std::shared_ptr<Tree>& tree,
                   Value value) {
  if (value.is_null()) Py_RETURN_NONE;
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  As(self)->value = value;
  As(self)->tree = new (std::nothrow) std::shared_ptr<Tree>(tree);
  if (As(self)->tree == nullptr) {
    Py_DECREF(self);
    return PyErr_NoMemory();
  }
  return self;
}

PyObject* Near(PyObject* self, Value value) {
  return MakeNode(Py_TYPE(self), *As(self)->tree, value);
}

PyObject* Text(std::string_view utf8) {
  return PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()),
                              "surrogatepass");
}

PyObject* Bytes(std::string_view bytes) {
  return PyBytes_FromStringAndSize(bytes.data(),
                                   static_cast<Py_ssize_t>(bytes.size()));
}

constexpr const char* kKinds[] = {
    "null",      "none",      "bool",   "int",       "float",         "str",
    "bytes",     "bytearray", "list",   "tuple",     "dict",          "set",
    "frozenset", "global",    "object", "extension", "persistent_id", "buffer"};
constexpr const char* kForms[] = {"reduce", "newobj", "newobj_ex", "inst",
                                  "obj"};
constexpr const char* kPosts[] = {"state", "append", "setitem", "additem",
                                  "effect"};

PyObject* Kind_(PyObject* self, void*) {
  return PyUnicode_FromString(
      kKinds[static_cast<size_t>(As(self)->value.kind())]);
}

// A scalar as Python has it; None for all else.
PyObject* Scalar(PyObject* self, void*) {
  const Value value = As(self)->value;
  switch (value.kind()) {
    case Kind::kBool:
      return PyBool_FromLong(*value.AsBool() ? 1 : 0);
    case Kind::kInt: {
      const std::string bytes = *value.AsIntBytes();
      return LongFromBytes(reinterpret_cast<const uint8_t*>(bytes.data()),
                           bytes.size());
    }
    case Kind::kFloat:
      return PyFloat_FromDouble(*value.AsDouble());
    case Kind::kStr:
      return Text(*value.AsStr());
    case Kind::kBytes:
      return Bytes(*value.AsBytes());
    case Kind::kByteArray: {
      const std::string_view bytes = *value.AsBytes();
      return PyByteArray_FromStringAndSize(
          bytes.data(), static_cast<Py_ssize_t>(bytes.size()));
    }
    default:
      Py_RETURN_NONE;
  }
}

PyObject* NodesOf(PyObject* self, std::span<const Value> values) {
  Handle tuple(PyTuple_New(static_cast<Py_ssize_t>(values.size())));
  if (!tuple) return nullptr;
  for (size_t i = 0; i != values.size(); ++i) {
    PyObject* node = Near(self, values[i]);
    if (node == nullptr) return nullptr;
    PyTuple_SET_ITEM(tuple.get(), static_cast<Py_ssize_t>(i), node);
  }
  return tuple.release();
}

PyObject* Items(PyObject* self, void*) {
  return NodesOf(self, As(self)->value.items());
}

PyObject* Pairs(PyObject* self, void*) {
  Handle list(PyList_New(0));
  if (!list) return nullptr;
  for (const Pair pair : As(self)->value.pairs()) {
    const Value both[] = {pair.key, pair.value};
    const Handle nodes(NodesOf(self, both));
    if (!nodes || PyList_Append(list.get(), nodes.get()) < 0) return nullptr;
  }
  return PyList_AsTuple(list.get());
}

PyObject* Posts(PyObject* self, void*) {
  Handle list(PyList_New(0));
  if (!list) return nullptr;
  for (const Post post : As(self)->value.posts()) {
    const Handle nodes(NodesOf(self, post.items));
    const Handle entry(
        nodes ? Py_BuildValue("sO", kPosts[static_cast<size_t>(post.kind)],
                              nodes.get())
              : nullptr);
    if (!entry || PyList_Append(list.get(), entry.get()) < 0) return nullptr;
  }
  return PyList_AsTuple(list.get());
}

template <Value (Value::*kGet)() const>
PyObject* NodeOf(PyObject* self, void*) {
  return Near(self, (As(self)->value.*kGet)());
}

// The text, None where it is empty.
PyObject* TextOrNone(std::string_view text) {
  if (text.empty()) Py_RETURN_NONE;
  return Text(text);
}

PyObject* Module(PyObject* self, void*) {
  return TextOrNone(As(self)->value.module());
}
PyObject* QualName(PyObject* self, void*) {
  return TextOrNone(As(self)->value.qualname());
}
PyObject* ClassName(PyObject* self, void*) {
  return TextOrNone(As(self)->value.class_name());
}

PyObject* Form(PyObject* self, void*) {
  const auto form = As(self)->value.form();
  if (!form) Py_RETURN_NONE;
  return PyUnicode_FromString(kForms[static_cast<size_t>(*form)]);
}

PyObject* ExtensionCode(PyObject* self, void*) {
  const auto code = As(self)->value.extension_code();
  if (!code) Py_RETURN_NONE;
  return PyLong_FromLong(*code);
}

PyObject* BufferIndex(PyObject* self, void*) {
  const auto index = As(self)->value.buffer_index();
  if (!index) Py_RETURN_NONE;
  return PyLong_FromUnsignedLongLong(*index);
}

PyObject* Effects(PyObject* self, void*) {
  const Document& document = (*As(self)->tree)->document;
  if (!document.root().Is(As(self)->value)) return PyTuple_New(0);
  return NodesOf(self, document.effects());
}

PyObject* TextOf(PyObject* self, const ReprOptions& options) {
  try {
    return Text(Repr(As(self)->value, options));
  } catch (const std::bad_alloc&) {
    return PyErr_NoMemory();
  }
}

PyObject* Show(PyObject* self) { return TextOf(self, ReprOptions::Short()); }

PyObject* FullText(PyObject* self, PyObject*) { return TextOf(self, {}); }

PyObject* Canonical(PyObject* self, PyObject*) {
  const absl::StatusOr<std::string> tree = CanonicalTree(As(self)->value);
  if (!tree.ok()) return PyErr_NoMemory();
  return Text(*tree);
}

Py_ssize_t Length(PyObject* self) {
  const Value value = As(self)->value;
  const size_t items =
      value.is(Kind::kDict) ? value.pairs().size() : value.items().size();
  return static_cast<Py_ssize_t>(items);
}

int HasItems(PyObject*) { return 1; }

PyObject* Subscript(PyObject* self, PyObject* key) {
  const Value value = As(self)->value;
  Value found;
  if (PyUnicode_Check(key)) {
    const Handle utf8(PyUnicode_AsEncodedString(key, "utf-8", "surrogatepass"));
    if (!utf8) return nullptr;
    found = value[std::string_view(
        PyBytes_AS_STRING(utf8.get()),
        static_cast<size_t>(PyBytes_GET_SIZE(utf8.get())))];
  } else {
    const Handle number(PyNumber_Index(key));
    if (!number) return nullptr;
    const long long index = PyLong_AsLongLong(number.get());
    if (index == -1 && PyErr_Occurred()) return nullptr;
    found = value[index];
  }
  if (!found.is_null()) return Near(self, found);
  PyErr_SetObject(value.is(Kind::kDict) || PyUnicode_Check(key)
                      ? PyExc_KeyError
                      : PyExc_IndexError,
                  key);
  return nullptr;
}

PyObject* Compare(PyObject* self, PyObject* other, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) ||
      Py_TYPE(self) != Py_TYPE(other)) {
    Py_RETURN_NOTIMPLEMENTED;
  }
  const bool same = *As(self)->tree == *As(other)->tree &&
                    As(self)->value.Is(As(other)->value);
  return PyBool_FromLong(same == (operation == Py_EQ) ? 1 : 0);
}

Py_hash_t Hash(PyObject* self) {
  static_assert(sizeof(Value) == 2 * sizeof(uint64_t));
  const auto words = std::bit_cast<std::array<uint64_t, 2>>(As(self)->value);
  const auto hash =
      static_cast<Py_hash_t>((words[0] * 0x9e3779b97f4a7c15u ^ words[1]) >> 1);
  return hash == -1 ? -2 : hash;
}

PyObject* New(PyTypeObject* type, PyObject*, PyObject*) {
  PyErr_Format(PyExc_TypeError, "cannot create '%.200s' instances",
               type->tp_name);
  return nullptr;
}

void Dealloc(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  delete As(self)->tree;
  type->tp_free(self);
  Py_DECREF(type);
}

PyMethodDef methods[] = {
    {"text", FullText, METH_NOARGS,
     "text($self, /)\n--\n\n"
     "All of the value as text; repr() leaves out what is long or deep."},
    {"canonical", Canonical, METH_NOARGS,
     "canonical($self, /)\n--\n\n"
     "One line of JSON: two values have the same if, and only if, they are\n"
     "the same graph. Of large payloads it has the SHA-256."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef getsets[] = {
    {"kind", Kind_, nullptr, "'list', 'dict', 'global', 'object', ...",
     nullptr},
    {"value", Scalar, nullptr,
     "bool, int, float, str, bytes or bytearray; None for all else.", nullptr},
    {"items", Items, nullptr,
     "The nodes of a list, tuple, set or frozenset, as they stand there.",
     nullptr},
    {"pairs", Pairs, nullptr, "The (key, value) nodes of a dict.", nullptr},
    {"module", Module, nullptr, "Of a global.", nullptr},
    {"qualname", QualName, nullptr, "Of a global.", nullptr},
    {"class_name", ClassName, nullptr,
     "'module.Class' of an object, as far as the pickle tells.", nullptr},
    {"form", Form, nullptr,
     "How an object is made: 'reduce', 'newobj', 'newobj_ex', 'inst', 'obj'.",
     nullptr},
    {"callable", NodeOf<&Value::callable>, nullptr, "What makes an object.",
     nullptr},
    {"args", NodeOf<&Value::args>, nullptr, "Its arguments.", nullptr},
    {"kwargs", NodeOf<&Value::kwargs>, nullptr, "Its keywords, or None.",
     nullptr},
    {"state", NodeOf<&Value::state>, nullptr, "What BUILD gives it, or None.",
     nullptr},
    {"posts", Posts, nullptr,
     "What is done to it then: ('state' | 'append' | 'setitem' | 'additem' |\n"
     "'effect', nodes), in order.",
     nullptr},
    {"persistent_id", NodeOf<&Value::persistent_id>, nullptr, nullptr, nullptr},
    {"extension_code", ExtensionCode, nullptr, nullptr, nullptr},
    {"buffer_index", BufferIndex, nullptr,
     "The place of a buffer among those out of band.", nullptr},
    {"effects", Effects, nullptr,
     "Of the root: calls whose results the pickle drops.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(New)},
    {Py_tp_dealloc, reinterpret_cast<void*>(Dealloc)},
    {Py_tp_repr, reinterpret_cast<void*>(Show)},
    {Py_tp_richcompare, reinterpret_cast<void*>(Compare)},
    {Py_tp_hash, reinterpret_cast<void*>(Hash)},
    {Py_mp_length, reinterpret_cast<void*>(Length)},
    {Py_mp_subscript, reinterpret_cast<void*>(Subscript)},
    {Py_nb_bool, reinterpret_cast<void*>(HasItems)},
    {Py_tp_methods, methods},
    {Py_tp_getset, getsets},
    {0, nullptr},
};

}  // namespace

PyType_Spec tree_node_spec = {"pkl5._pkl5.TreeNode", sizeof(NodeObject), 0,
                              Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};

PyObject* ReadTree(PyTypeObject* type, PyObject* data, const Limits& limits,
                   PyObject* error) {
  const auto tree = std::make_shared<Tree>(data);
  ReadOptions options;
  options.mode = Mode::kCompat;
  options.encoding = StringEncoding::kLatin1;
  options.placeholder_buffers = true;
  options.limits = limits;
  const absl::Status status = tree->document.LoadBorrowed(
      {PyBytes_AS_STRING(data), static_cast<size_t>(PyBytes_GET_SIZE(data))},
      options);
  if (status.ok()) return MakeNode(type, tree, tree->document.root());
  PyErr_SetString(error, std::string(status.message()).c_str());
  return nullptr;
}

}  // namespace pickle5::python
