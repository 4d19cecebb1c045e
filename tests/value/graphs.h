#ifndef PICKLE5_TESTS_VALUE_GRAPHS_H_
#define PICKLE5_TESTS_VALUE_GRAPHS_H_

#include <initializer_list>
#include <span>
#include <vector>

#include "pickle/value/document.h"
#include "pickle/value/value.h"

namespace pickle5::testing {

inline Value Tuple(Document& document, std::initializer_list<Value> items) {
  return document.MakeTuple(std::vector<Value>(items));
}
inline Value List(Document& document, std::initializer_list<Value> items) {
  return document.MakeList(std::vector<Value>(items));
}
inline Value Set(Document& document, std::initializer_list<Value> items) {
  return document.MakeSet(std::vector<Value>(items));
}
inline Value FrozenSet(Document& document, std::initializer_list<Value> items) {
  return document.MakeFrozenSet(std::vector<Value>(items));
}
// Keys and values in turn.
inline Value Dict(Document& document, std::initializer_list<Value> flat) {
  return document.MakeDict(std::vector<Value>(flat));
}
// m.C(*args), constructed as `form` says.
inline Value Object(Document& document, std::initializer_list<Value> args,
                    ObjectForm form = ObjectForm::kReduce) {
  return document.MakeObject(
      form, document.MakeGlobal("m", "C"), Tuple(document, args),
      form == ObjectForm::kNewObjEx ? document.MakeDict() : Value());
}
inline bool SetState(Document& document, Value object, Value state) {
  return document.AddPost(object, PostKind::kState, std::span(&state, 1));
}
inline bool AddPost(Document& document, Value object, PostKind kind,
                    std::initializer_list<Value> items) {
  return document.AddPost(object, kind, std::vector<Value>(items));
}

// The kinds of containers and objects that can stand in one another.
enum class Nest {
  kList,
  kTuple,
  kDict,
  kFrozenSet,
  kArgs,
  kCallable,
  kState,
  kPersistentId,
};
inline constexpr Nest kAllNests[] = {
    Nest::kList, Nest::kTuple, Nest::kDict,     Nest::kFrozenSet,
    Nest::kArgs, Nest::kState, Nest::kCallable, Nest::kPersistentId};

// `inner` in a container of its own.
inline Value Wrap(Document& document, Nest nest, Value inner, Value name) {
  switch (nest) {
    case Nest::kList:
      return List(document, {inner});
    case Nest::kTuple:
      return Tuple(document, {inner});
    case Nest::kDict:
      return Dict(document, {Value::Int(1), inner});
    case Nest::kFrozenSet:
      return FrozenSet(document, {inner});
    case Nest::kArgs:
      return document.MakeObject(ObjectForm::kReduce, name,
                                 Tuple(document, {inner}));
    case Nest::kCallable:
      return document.MakeObject(ObjectForm::kReduce, inner,
                                 Tuple(document, {}));
    case Nest::kState: {
      const Value object =
          document.MakeObject(ObjectForm::kNewObj, name, Tuple(document, {}));
      SetState(document, object, inner);
      return object;
    }
    case Nest::kPersistentId:
      return document.MakePersistentId(inner);
  }
  return {};
}

// A graph `depth` levels deep.
inline Value Deep(Document& document, Nest nest, int depth) {
  const Value name = document.MakeGlobal("m", "C");
  Value value = nest == Nest::kCallable ? name : Value::Int(7);
  for (int i = 0; i < depth; ++i) value = Wrap(document, nest, value, name);
  return value;
}

// t = (t, t), `levels` times: 2^levels paths to the innermost.
inline Value Diamonds(Document& document, int levels) {
  Value value = Tuple(document, {Value::Int(1)});
  for (int i = 0; i < levels; ++i) value = Tuple(document, {value, value});
  return value;
}

// A list whose n-th item is the list that follows, and the last the first.
inline Value Ring(Document& document, int length) {
  const Value first = document.MakeList();
  Value last = first;
  for (int i = 1; i < length; ++i) {
    const Value next = document.MakeList();
    document.Append(last, next);
    last = next;
  }
  document.Append(last, first);
  return first;
}

}  // namespace pickle5::testing

#endif  // PICKLE5_TESTS_VALUE_GRAPHS_H_
