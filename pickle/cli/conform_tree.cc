#include "pickle/cli/conform_tree.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"

namespace pickle5::cli {
namespace {

using nlohmann::json;

// Deeper trees are compared by acceptance only.
constexpr int kDeepest = 400;
constexpr size_t kMostNodes = 20'000;

// A tree in a form in which equal trees are equal JSON.
class Normal {
 public:
  explicit Normal(bool identity) : identity_(identity) {}

  json Of(const json& node, int depth = 0) {
    if (depth > kDeepest || ++nodes_ > kMostNodes) return "too large";
    if (node.is_array()) {
      json items = json::array();
      for (const json& item : node) items.push_back(Of(item, depth + 1));
      return items;
    }
    if (!node.is_object()) return node;
    const std::string kind = node.value("t", "");
    if (kind == "ref" && !identity_) return Referred(node, depth);
    if (node.contains("id") && !identity_) ids_[node["id"].dump()] = &node;
    json made = json::object();
    for (const auto& [key, value] : node.items()) {
      if (key == "id" && !identity_) continue;
      if (key == "post") {
        made[key] = Of(Merged(value), depth + 1);
      } else {
        made[key] = key == "v" || key == "t" ? value : Of(value, depth + 1);
      }
    }
    // With identity the ids number the nodes in their order.
    const bool unordered =
        kind == "dict" || kind == "set" || kind == "frozenset";
    if (unordered && !identity_ && made.contains("items") &&
        made["items"].is_array()) {
      auto& items = made["items"].get_ref<json::array_t&>();
      std::sort(items.begin(), items.end(), [](const json& a, const json& b) {
        return a.dump() < b.dump();
      });
    }
    return made;
  }

 private:
  // Steps of one kind in a row are one: batching does not matter.
  static json Merged(const json& steps) {
    if (!steps.is_array()) return steps;
    json merged = json::array();
    for (const json& step : steps) {
      const bool joins = step.is_array() && step.size() == 2 &&
                         step[1].is_array() && !merged.empty() &&
                         merged.back()[0] == step[0];
      if (!joins) {
        merged.push_back(step);
        continue;
      }
      json& items = merged.back()[1];
      items.insert(items.end(), step[1].begin(), step[1].end());
    }
    return merged;
  }

  json Referred(const json& node, int depth) {
    const auto found = ids_.find(node.value("id", json()).dump());
    return found == ids_.end() ? json("no such id")
                               : Of(*found->second, depth + 1);
  }

  const bool identity_;
  size_t nodes_ = 0;
  std::map<std::string, const json*> ids_;
};

double DoubleOf(const json& wanted) {
  return std::bit_cast<double>(static_cast<uint64_t>(
      std::strtoull(wanted.value("bits", "").c_str(), nullptr, 16)));
}

bool NumberMatches(const json& wanted, const json& given) {
  const std::string text = given.value("v", "");
  const std::string kind = wanted.value("t", "");
  if (kind == "int") return wanted.value("v", "") == text;
  if (kind != "float") return false;
  const double number = DoubleOf(wanted);
  const double other = std::strtod(text.c_str(), nullptr);
  return std::bit_cast<uint64_t>(number) == std::bit_cast<uint64_t>(other) ||
         (std::isnan(number) && std::isnan(other));
}

bool IsNan(const json& node) {
  return node.value("t", "") == "float" && std::isnan(DoubleOf(node));
}

bool Matches(const json& wanted, const json& given) {
  if (wanted.is_array()) {
    return given.is_array() && wanted.size() == given.size() &&
           std::equal(wanted.begin(), wanted.end(), given.begin(), Matches);
  }
  if (!wanted.is_object() || !given.is_object()) return wanted == given;
  if (IsNan(wanted) && IsNan(given)) return true;
  const std::string kind = given.value("t", "");
  if (kind == "number") return NumberMatches(wanted, given);
  const bool sequence =
      wanted.value("t", "") == "list" || wanted.value("t", "") == "tuple";
  if (kind == "array" && !sequence) return false;
  if (wanted.size() != given.size()) return false;
  for (const auto& [key, value] : wanted.items()) {
    if (key == "t" && kind == "array") continue;
    if (!given.contains(key) || !Matches(value, given[key])) return false;
  }
  return true;
}

std::string HexOfLatin1(const std::string& utf8) {
  std::string hex;
  for (size_t i = 0; i < utf8.size(); ++i) {
    auto byte = static_cast<uint8_t>(utf8[i]);
    if (byte >= 0xc0 && i + 1 < utf8.size()) {
      byte = static_cast<uint8_t>(byte << 6 | (utf8[++i] & 0x3f));
    }
    hex += absl::StrFormat("%02x", byte);
  }
  return hex;
}

// In the place of `call`.
json BytesNode(const json& call, const std::string& hex) {
  json node = {{"t", "bytes"}, {"len", hex.size() / 2}, {"hex", hex}};
  if (call.contains("id")) node["id"] = call["id"];
  return node;
}

}  // namespace

bool TreeMatches(const json& wanted, const json& given, bool identity) {
  return Matches(Normal(identity).Of(wanted), Normal(identity).Of(given));
}

json Raised(const json& tree) {
  if (tree.is_array()) {
    json items = json::array();
    for (const json& item : tree) items.push_back(Raised(item));
    return items;
  }
  if (!tree.is_object()) return tree;
  if (tree.value("t", "") == "reduce" && tree["func"].is_object()) {
    const std::string name = tree["func"].value("name", "");
    const json& args = tree["args"]["items"];
    // Python finds a bytearray equal to bytes.
    if ((name == "encode" || name == "bytearray") && args.size() == 2 &&
        args[0].contains("v")) {
      return BytesNode(tree, HexOfLatin1(args[0]["v"].get<std::string>()));
    }
    if (name == "bytes" && args.empty()) return BytesNode(tree, "");
  }
  json made = json::object();
  for (const auto& [key, value] : tree.items()) made[key] = Raised(value);
  return made;
}

}  // namespace pickle5::cli
