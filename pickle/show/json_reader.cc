// What of json_format.h reads.

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "nlohmann/json.hpp"
#include "pickle/protocol/hash_table.h"
#include "pickle/show/json_format.h"
#include "pickle/show/json_object_reader.h"

namespace pickle5 {
namespace {

// Receives the parser's events. Values stand on a stack until what holds them
// is complete.
class JsonHandler : public nlohmann::json_sax<nlohmann::json> {
 public:
  JsonHandler(Document* document, const JsonReadOptions& options)
      : document_(document), options_(options), objects_(document) {}

  bool null() override { return Give(Value::None()); }
  bool boolean(bool value) override { return Give(Value::Bool(value)); }
  bool number_integer(number_integer_t value) override {
    return Give(Value::Int(value));
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= std::numeric_limits<int64_t>::max()) {
      return Give(Value::Int(static_cast<int64_t>(value)));
    }
    return Give(document_->MakeIntFromText(std::to_string(value)));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    if (text.find_first_of(".eE") != text.npos) {
      return Give(Value::Float(value));
    }
    return Give(document_->MakeIntFromText(text));
  }
  bool string(string_t& text) override {
    return Give(document_->MakeStr(text));
  }
  bool binary(binary_t&) override { return false; }

  bool start_object(size_t) override { return Start(); }
  bool start_array(size_t) override { return Start(); }
  bool key(string_t& text) override {
    const auto known = keys_.find(text);
    if (known != keys_.end()) return Give(known->second);
    const Value key = document_->MakeStr(text);
    if (!key.is_null()) keys_.try_emplace(text, key);
    return Give(key);
  }

  bool end_array() override {
    const Value list = document_->MakeList(Top());
    return End(list);
  }
  bool end_object() override {
    const std::span<const Value> members = Top();
    if (!options_.tags || !internal::IsTagged(members)) {
      return End(document_->MakeDict(members));
    }
    absl::StatusOr<Value> made = objects_.Make(members);
    if (!made.ok()) return Fail(made.status());
    return End(*made);
  }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    std::string_view what = error.what();
    // What stands in brackets in front is of no use to our readers.
    if (const size_t bracket = what.find("] "); bracket != what.npos) {
      what.remove_prefix(bracket + 2);
    }
    return Fail(absl::InvalidArgumentError(
        absl::StrCat("JSON at byte ", position, ": ",
                     absl::string_view(what.data(), what.size()))));
  }

  absl::StatusOr<Value> Take() {
    if (!status_.ok()) return status_;
    if (absl::Status status = objects_.Resolve(&values_.back()); !status.ok()) {
      return status;
    }
    return values_.back();
  }

 private:
  bool Fail(absl::Status status) {
    if (status_.ok()) status_ = std::move(status);
    return false;
  }
  bool Give(Value value) {
    if (value.is_null()) {
      return Fail(OutOfMemoryStatus());
    }
    values_.push_back(value);
    return true;
  }
  bool Start() {
    starts_.push_back(values_.size());
    return true;
  }
  std::span<const Value> Top() const {
    return std::span(values_).subspan(starts_.back());
  }
  bool End(Value value) {
    values_.resize(starts_.back());
    starts_.pop_back();
    return Give(value);
  }

  Document* const document_;
  const JsonReadOptions options_;
  internal::JsonObjectReader objects_;
  absl::Status status_;
  std::vector<Value> values_;
  std::vector<size_t> starts_;
  internal::HashMap<std::string, Value> keys_;
};

}  // namespace

absl::StatusOr<Value> FromJson(std::string_view json, Document* document,
                               const JsonReadOptions& options) {
  try {
    JsonHandler handler(document, options);
    nlohmann::json::sax_parse(json, &handler);
    return handler.Take();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5
