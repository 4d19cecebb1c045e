// Answers `pkl5 conform` with this library.

#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "buffers/bytes/memory_byte_writer.h"
#include "pickle/cli/hex_bytes.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/show/canonical_tree.h"
#include "pickle/show/json_text.h"
#include "pickle/value/document.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

std::string Refusal(const absl::Status& status) {
  const auto error = GetDecodeError(status);
  const std::string_view code = error ? ErrorCodeName(error->code) : "";
  const char* kind = code == "E_TRUNCATED"    ? "truncated"
                     : code.starts_with("L_") ? "limit"
                                              : "malformed";
  std::string answer =
      absl::StrCat("{\"error\": \"", kind, "\", \"message\": ");
  const auto message = status.message();
  internal::AppendJsonString({message.data(), message.size()}, /*ascii=*/true,
                             &answer);
  return answer + "}";
}

std::string Write(const Document& document, int protocol) {
  MemoryByteWriter out;
  WriteOptions options;
  options.protocol = protocol;
  const absl::Status status = Dump(document, out, options);
  if (!status.ok()) return Refusal(status);
  const std::string_view bytes = out.written();
  return absl::StrCat("{\"pickle\": \"",
                      absl::BytesToHexString({bytes.data(), bytes.size()}),
                      "\"}");
}

std::string Answer(const std::string& question) {
  const size_t verb_end = question.find(' ');
  const size_t word_end = question.find(' ', verb_end + 1);
  if (word_end == question.npos) return "{\"skip\": \"no such question\"}";
  const std::string verb = question.substr(0, verb_end);
  const std::string word =
      question.substr(verb_end + 1, word_end - verb_end - 1);
  const std::string hex = question.substr(word_end + 1);
  std::optional<std::string> bytes = cli::BytesFromHex(hex == "-" ? "" : hex);
  if (!bytes.has_value()) return "{\"skip\": \"no hexadecimal bytes\"}";
  ReadOptions options;
  if (word == "strict") options.mode = Mode::kStrict;
  Document document;
  const absl::Status status = document.LoadOwned(*std::move(bytes), options);
  if (!status.ok()) return Refusal(status);
  if (verb == "accept") return "{\"accepted\": true}";
  int protocol = 0;
  if (verb == "dump" && absl::SimpleAtoi(word, &protocol)) {
    return Write(document, protocol);
  }
  const absl::StatusOr<std::string> tree = CanonicalTree(document.root());
  if (!tree.ok()) return Refusal(tree.status());
  return absl::StrCat("{\"tree\": ", *tree, "}");
}

}  // namespace
}  // namespace pickle5

int main() {
  std::string question;
  while (std::getline(std::cin, question)) {
    std::cout << pickle5::Answer(question) << std::endl;
  }
  return 0;
}
