#include <optional>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "pickle/numpy/npy_header.h"
#include "pickle/text/utf8.h"

namespace pickle5::internal {
namespace {

constexpr int kMaxNesting = 32;

class LiteralParser {
 public:
  LiteralParser(std::string_view rest, Document& document)
      : rest_(rest), document_(document) {}

  Value ParseWhole() {
    const Value value = Parse(0);
    SkipSpace();
    return rest_.empty() ? value : Value();
  }

 private:
  void SkipSpace() {
    const size_t start = rest_.find_first_not_of(" \t\r\n");
    rest_.remove_prefix(std::min(start, rest_.size()));
  }

  bool Take(std::string_view token) {
    SkipSpace();
    if (!rest_.starts_with(token)) return false;
    rest_.remove_prefix(token.size());
    return true;
  }

  Value Parse(int nesting) {
    if (nesting == kMaxNesting) return {};
    SkipSpace();
    if (rest_.empty()) return {};
    if (Take("(")) return ParseTuple(nesting);
    if (Take("[")) {
      const auto items = ParseItems(nesting, "]", nullptr);
      return items ? document_.MakeList(*items) : Value();
    }
    if (Take("{")) return ParseDict(nesting);
    if (Take("True")) return Value::Bool(true);
    if (Take("False")) return Value::Bool(false);
    if (Take("None")) return Value::None();
    if (rest_.front() == '\'' || rest_.front() == '"') return ParseStr();
    return ParseInt();
  }

  // Items up to the closing bracket; `comma` tells whether one stood behind
  // the last.
  std::optional<std::vector<Value>> ParseItems(int nesting,
                                               std::string_view close,
                                               bool* comma) {
    std::vector<Value> items;
    bool behind_comma = true;
    while (!Take(close)) {
      if (!behind_comma) return std::nullopt;
      items.push_back(Parse(nesting + 1));
      if (items.back().is_null()) return std::nullopt;
      behind_comma = Take(",");
    }
    if (comma != nullptr) *comma = behind_comma;
    return items;
  }

  Value ParseTuple(int nesting) {
    bool comma = false;
    const auto items = ParseItems(nesting, ")", &comma);
    if (!items) return {};
    if (items->size() == 1 && !comma) return items->front();
    return document_.MakeTuple(*items);
  }

  Value ParseDict(int nesting) {
    std::vector<Value> flat;
    bool behind_comma = true;
    while (!Take("}")) {
      if (!behind_comma) return {};
      flat.push_back(Parse(nesting + 1));
      if (flat.back().is_null() || !Take(":")) return {};
      flat.push_back(Parse(nesting + 1));
      if (flat.back().is_null()) return {};
      behind_comma = Take(",");
    }
    return document_.MakeDict(flat);
  }

  Value ParseInt() {
    const size_t size =
        std::min(rest_.find_first_not_of("-0123456789"), rest_.size());
    int64_t number = 0;
    if (!absl::SimpleAtoi(std::string(rest_.substr(0, size)), &number)) {
      return {};
    }
    rest_.remove_prefix(size);
    // Python 2 wrote long integers with an L.
    if (rest_.starts_with('L')) rest_.remove_prefix(1);
    return Value::Int(number);
  }

  Value ParseStr() {
    const char quote = rest_.front();
    rest_.remove_prefix(1);
    std::string text;
    while (!rest_.empty() && rest_.front() != quote) {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c != '\\') {
        text.push_back(c);
      } else if (!ParseEscape(text)) {
        return {};
      }
    }
    if (rest_.empty()) return {};
    rest_.remove_prefix(1);
    return document_.MakeStr(text);
  }

  bool ParseEscape(std::string& text) {
    if (rest_.empty()) return false;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    switch (c) {
      case 'n':
        text.push_back('\n');
        return true;
      case 'r':
        text.push_back('\r');
        return true;
      case 't':
        text.push_back('\t');
        return true;
      case 'x':
        return ParseHex(2, text);
      case 'u':
        return ParseHex(4, text);
      case 'U':
        return ParseHex(8, text);
      default:
        text.push_back(c);
        return c == '\\' || c == '\'' || c == '"';
    }
  }

  bool ParseHex(size_t digits, std::string& text) {
    uint32_t code = 0;
    if (rest_.size() < digits ||
        !absl::SimpleHexAtoi(std::string(rest_.substr(0, digits)), &code) ||
        code > 0x10ffff) {
      return false;
    }
    rest_.remove_prefix(digits);
    AppendUtf8(code, &text);
    return true;
  }

  std::string_view rest_;
  Document& document_;
};

}  // namespace

Value ParsePythonLiteral(std::string_view literal, Document& document) {
  return LiteralParser(literal, document).ParseWhole();
}

}  // namespace pickle5::internal
