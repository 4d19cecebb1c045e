#include "fuzz/python_replay.h"

#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "fuzz/reachable_values.h"

namespace pickle5 {
namespace {

using python::Handle;

// Makes what cannot be changed, and what can be changed empty, from the inside
// out; then fills the latter in the order of the stream.
class Replay {
 public:
  explicit Replay(PyObject* make_symbol) : make_symbol_(make_symbol) {}

  Handle Of(Value root) {
    if (!MakeAll(root)) return {};
    for (size_t i = 0; i < to_fill_.size(); ++i) {
      if (!Fill(to_fill_[i])) return {};
    }
    return Handle::Share(Made(root));
  }

 private:
  // What must be there before the value can be made.
  static std::vector<Value> Needed(Value value) {
    switch (value.kind()) {
      case Kind::kTuple:
      case Kind::kFrozenSet:
        return {value.items().begin(), value.items().end()};
      case Kind::kObject: {
        std::vector<Value> parts = {value.callable()};
        const auto args = value.args().items();
        parts.insert(parts.end(), args.begin(), args.end());
        return parts;
      }
      case Kind::kPersistentId:
        return {value.persistent_id()};
      default:
        return {};
    }
  }

  // What is put into it later.
  static std::vector<Value> Filled(Value value) {
    std::vector<Value> items;
    if (value.is(Kind::kList) || value.is(Kind::kSet) ||
        value.is(Kind::kDict)) {
      items = ReachableValues::Parts(value);
    }
    for (const Post post : value.posts()) {
      if (post.kind == PostKind::kEffect) continue;
      items.insert(items.end(), post.items.begin(), post.items.end());
    }
    return items;
  }

  bool MakeAll(Value root) {
    std::vector<Value> roots = {root};
    for (size_t i = 0; i < roots.size(); ++i) {
      if (!MakeWithNeeds(roots[i], &roots)) return false;
    }
    return true;
  }

  // `later` gets what stands in the containers and posts that are met.
  bool MakeWithNeeds(Value root, std::vector<Value>* later) {
    std::vector<std::pair<Value, bool>> open = {{root, false}};
    while (!open.empty()) {
      const auto [value, ready] = open.back();
      open.pop_back();
      if (Made(value) != nullptr) continue;
      if (!ready) {
        open.emplace_back(value, true);
        for (const Value part : Needed(value)) open.emplace_back(part, false);
        continue;
      }
      Handle made(Make(value));
      if (!made) return false;
      made_.emplace(ReachableValues::IdentityOf(value), std::move(made));
      const std::vector<Value> filled = Filled(value);
      if (filled.empty()) continue;
      to_fill_.push_back(value);
      later->insert(later->end(), filled.begin(), filled.end());
    }
    return true;
  }

  PyObject* Made(Value value) const {
    const auto found = made_.find(ReachableValues::IdentityOf(value));
    return found == made_.end() ? nullptr : found->second.get();
  }

  PyObject* Make(Value value);
  PyObject* MakeTuple(std::span<const Value> items);
  PyObject* MakeResult(Value object);
  bool Fill(Value value);
  bool FillPosts(Value value, PyObject* object);

  PyObject* const make_symbol_;
  absl::flat_hash_map<ReachableValues::Identity, Handle> made_;
  std::vector<Value> to_fill_;
};

PyObject* Text(std::string_view utf8) {
  return PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()),
                              "surrogatepass");
}

PyObject* Int(Value value) {
  const std::string bytes = *value.AsIntBytes();
  return _PyLong_FromByteArray(
      reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
      /*little_endian=*/1, /*is_signed=*/1);
}

PyObject* Replay::MakeTuple(std::span<const Value> items) {
  PyObject* tuple = PyTuple_New(static_cast<Py_ssize_t>(items.size()));
  Py_ssize_t i = 0;
  for (const Value item : items) {
    PyTuple_SET_ITEM(tuple, i++, Py_NewRef(Made(item)));
  }
  return tuple;
}

// OBJ and INST without arguments make an instance as NEWOBJ does, with some as
// REDUCE does. The tuple of arguments has no identity for who is called.
PyObject* Replay::MakeResult(Value value) {
  const bool calls = value.form() == ObjectForm::kReduce ||
                     ((value.form() == ObjectForm::kInst ||
                       value.form() == ObjectForm::kObj) &&
                      !value.args().items().empty());
  const Handle parts(MakeTuple(Needed(value)));
  const Handle kind(Text(calls ? "reduce" : "newobj"));
  const Handle head(PyTuple_Pack(1, kind.get()));
  const Handle all(PySequence_Concat(head.get(), parts.get()));
  return PyObject_Call(make_symbol_, all.get(), nullptr);
}

PyObject* Replay::Make(Value value) {
  switch (value.kind()) {
    case Kind::kBool:
      return PyBool_FromLong(*value.AsBool());
    case Kind::kInt:
      return Int(value);
    case Kind::kFloat:
      return PyFloat_FromDouble(*value.AsDouble());
    case Kind::kStr:
      return Text(*value.AsStr());
    case Kind::kBytes:
      return PyBytes_FromStringAndSize(
          value.AsBytes()->data(),
          static_cast<Py_ssize_t>(value.AsBytes()->size()));
    case Kind::kByteArray:
      return PyByteArray_FromStringAndSize(
          value.AsBytes()->data(),
          static_cast<Py_ssize_t>(value.AsBytes()->size()));
    case Kind::kList:
      return PyList_New(0);
    case Kind::kDict:
      return PyDict_New();
    case Kind::kSet:
      return PySet_New(nullptr);
    case Kind::kTuple:
      return MakeTuple(value.items());
    case Kind::kFrozenSet: {
      const Handle items(MakeTuple(value.items()));
      return PyFrozenSet_New(items.get());
    }
    case Kind::kGlobal: {
      const Handle module(Text(value.module()));
      const Handle name(Text(value.qualname()));
      return PyObject_CallFunction(make_symbol_, "sOO", "global", module.get(),
                                   name.get());
    }
    case Kind::kObject:
      return MakeResult(value);
    case Kind::kExtension:
      return PyObject_CallFunction(
          make_symbol_, "sss", "global", "extension",
          std::to_string(*value.extension_code()).c_str());
    case Kind::kPersistentId:
      return PyObject_CallFunction(make_symbol_, "sO", "persid",
                                   Made(value.persistent_id()));
    default:
      return Py_NewRef(Py_None);
  }
}

bool Replay::Fill(Value value) {
  PyObject* object = Made(value);
  if (value.is(Kind::kList)) {
    for (const Value item : value.items()) {
      if (PyList_Append(object, Made(item)) < 0) return false;
    }
  } else if (value.is(Kind::kSet)) {
    for (const Value item : value.items()) {
      if (PySet_Add(object, Made(item)) < 0) return false;
    }
  } else if (value.is(Kind::kDict)) {
    for (const Pair pair : value.pairs()) {
      if (PyDict_SetItem(object, Made(pair.key), Made(pair.value)) < 0) {
        return false;
      }
    }
  }
  return FillPosts(value, object);
}

bool Replay::FillPosts(Value value, PyObject* object) {
  for (const Post post : value.posts()) {
    if (post.kind == PostKind::kEffect) continue;
    if (post.kind == PostKind::kSetItem) {
      for (const Pair pair : PairRange(post.items)) {
        if (PyObject_SetItem(object, Made(pair.key), Made(pair.value)) < 0) {
          return false;
        }
      }
      continue;
    }
    const char* method = post.kind == PostKind::kState    ? "__setstate__"
                         : post.kind == PostKind::kAppend ? "append"
                                                          : "add";
    for (const Value item : post.items) {
      const Handle done(PyObject_CallMethod(object, method, "(O)", Made(item)));
      if (!done) return false;
    }
  }
  return true;
}

}  // namespace

Handle ReplayInPython(Value root, PyObject* make_symbol) {
  return Replay(make_symbol).Of(root);
}

bool HoldsNan(Value root) {
  ReachableValues values(root);
  for (Value value = values.Next(); !value.is_null(); value = values.Next()) {
    if (value.is(Kind::kFloat) && std::isnan(*value.AsDouble())) return true;
  }
  return false;
}

}  // namespace pickle5
