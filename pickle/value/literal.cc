#include "pickle/value/literal.h"

#include <array>
#include <limits>
#include <new>
#include <vector>

namespace pickle5 {
namespace {

using Make = Value (*)(Document*, const std::vector<Value>&);

Value MakeFrom(Document* document, const Maker& maker,
               std::initializer_list<Literal> items, Make make) {
  try {
    std::vector<Value> values;
    values.reserve(items.size());
    for (const Literal& item : items) values.push_back(maker.Of(item));
    return make(document, values);
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace

Value Maker::Of(const Literal& literal) const {
  switch (literal.form_) {
    case Literal::Form::kText:
      return document_->MakeStr(literal.text_);
    case Literal::Form::kUnsigned: {
      const uint64_t value = literal.unsigned_;
      if (value <= std::numeric_limits<int64_t>::max()) {
        return Value::Int(static_cast<int64_t>(value));
      }
      std::array<char, 9> bytes{};
      for (size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>(value >> (8 * i) & 0xff);
      }
      return document_->MakeInt({bytes.data(), bytes.size()});
    }
    case Literal::Form::kBuffer:
      return document_->MakeBuffer(*literal.buffer_);
    case Literal::Form::kValue:
      break;
  }
  return literal.value_;
}

Value Maker::List(std::initializer_list<Literal> items) const {
  return MakeFrom(document_, *this, items,
                  [](Document* document, const std::vector<Value>& values) {
                    return document->MakeList(values);
                  });
}

Value Maker::Tuple(std::initializer_list<Literal> items) const {
  return MakeFrom(document_, *this, items,
                  [](Document* document, const std::vector<Value>& values) {
                    return document->MakeTuple(values);
                  });
}

Value Maker::Set(std::initializer_list<Literal> items) const {
  return MakeFrom(document_, *this, items,
                  [](Document* document, const std::vector<Value>& values) {
                    return document->MakeSet(values);
                  });
}

Value Maker::FrozenSet(std::initializer_list<Literal> items) const {
  return MakeFrom(document_, *this, items,
                  [](Document* document, const std::vector<Value>& values) {
                    return document->MakeFrozenSet(values);
                  });
}

Value Maker::Dict(
    std::initializer_list<std::pair<Literal, Literal>> pairs) const {
  const Value dict = document_->MakeDict();
  for (const auto& [key, value] : pairs) {
    if (!document_->SetItem(dict, Of(key), Of(value))) return {};
  }
  return dict;
}

Value Maker::Call(std::string_view name,
                  std::initializer_list<Literal> args) const {
  const size_t dot = name.rfind('.');
  if (dot == name.npos) return {};
  return document_->MakeObject(
      ObjectForm::kReduce,
      document_->MakeGlobal(name.substr(0, dot), name.substr(dot + 1)),
      Tuple(args));
}

}  // namespace pickle5
