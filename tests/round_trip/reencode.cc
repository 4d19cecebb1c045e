// Loads pickles and writes each in the protocol asked for.
//
// Reads lines "PROTOCOL<tab>FROM<tab>TO" from the standard input and answers
// each with a line: empty, or why TO was not written.

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "buffers/bytes/string_byte_writer.h"
#include "pickle/value/document.h"
#include "pickle/value/value_writer.h"

namespace pickle5 {
namespace {

class Reencoder {
 public:
  absl::Status Run(const std::string& from, const std::string& to,
                   int protocol) {
    ReadOptions read;
    read.encoding = StringEncoding::kLatin1;
    read.limits.max_digits = 1'000'000;
    read.placeholder_buffers = true;
    absl::Status status = document_.LoadMapped(from, read);
    if (!status.ok()) return status;
    bytes_.clear();
    StringByteWriter out(&bytes_);
    WriteOptions write;
    write.protocol = protocol;
    status = writer_.Write(document_, out, write);
    if (!status.ok()) return status;
    if (!out.Close()) return out.status();
    std::ofstream file(to, std::ios::binary);
    file << bytes_ << std::flush;
    return file ? absl::OkStatus()
                : absl::UnavailableError(absl::StrCat("cannot write ", to));
  }

 private:
  Document document_;
  ValueWriter writer_;
  std::string bytes_;
};

int Main() {
  Reencoder reencoder;
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    int protocol = 0;
    if (fields.size() != 3 ||
        std::from_chars(fields[0].data(), fields[0].data() + fields[0].size(),
                        protocol)
                .ec != std::errc()) {
      std::cerr << "reencode: not PROTOCOL<tab>FROM<tab>TO: " << line << "\n";
      return 2;
    }
    const absl::Status status = reencoder.Run(fields[1], fields[2], protocol);
    std::string answer = status.ok() ? "" : status.ToString();
    std::replace(answer.begin(), answer.end(), '\n', ' ');
    std::cout << answer << "\n";
  }
  return 0;
}

}  // namespace
}  // namespace pickle5

int main() { return pickle5::Main(); }
