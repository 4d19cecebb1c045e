#include "pickle/cli/error_report.h"

#include <cstdio>
#include <optional>

#include "absl/strings/str_cat.h"
#include "pickle/protocol/decode_error.h"
#include "pickle/show/json_text.h"
#include "pickle/text/shown_text.h"

namespace pickle5::cli {
namespace {

std::string MessageOf(const absl::Status& status) {
  const auto message = status.message();
  // A status that was made without memory has no text.
  if (message.empty() && absl::IsResourceExhausted(status)) {
    return "out of memory";
  }
  return {message.data(), message.size()};
}

}  // namespace

ExitCode Report(std::string_view file, const absl::Status& status) {
  if (status.ok()) return kFine;
  const std::optional<DecodeError> error = GetDecodeError(status);
  const std::string line = absl::StrCat(
      "pkl5: ", internal::ShownText(file), ": ",
      error ? absl::StrCat(std::string(ErrorCodeName(error->code)), " ") : "",
      internal::ShownText(MessageOf(status)), "\n");
  std::fputs(line.c_str(), stderr);
  return ExitCodeOf(status);
}

std::string ErrorJson(const absl::Status& status) {
  const std::optional<DecodeError> error = GetDecodeError(status);
  std::string out = "{\"code\": ";
  if (error) {
    internal::AppendJsonString(ErrorCodeName(error->code), /*ascii=*/true,
                               &out);
    absl::StrAppend(&out, ", \"offset\": ", error->offset, ", \"opcode\": ");
  } else {
    out.append("null, \"offset\": null, \"opcode\": ");
  }
  if (error && !error->opcode.empty()) {
    internal::AppendJsonString(error->opcode, /*ascii=*/true, &out);
  } else {
    out.append("null");
  }
  out.append(", \"message\": ");
  internal::AppendJsonString(MessageOf(status), /*ascii=*/true, &out);
  out.push_back('}');
  return out;
}

std::string ErrorLine(std::string_view file, const absl::Status& status) {
  std::string line = "{\"file\": ";
  internal::AppendJsonString(file, /*ascii=*/true, &line);
  absl::StrAppend(&line, ", \"error\": ", ErrorJson(status), "}\n");
  return line;
}

}  // namespace pickle5::cli
