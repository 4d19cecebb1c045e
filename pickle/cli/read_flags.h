#ifndef PICKLE5_PICKLE_CLI_READ_FLAGS_H_
#define PICKLE5_PICKLE_CLI_READ_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/statusor.h"
#include "buffers/buffer.h"
#include "pickle/protocol/limits.h"

namespace pickle5::cli {

// The options about how pickles are read, shared by the verbs that load.
class ReadFlags {
 public:
  // --untrusted and --max-...
  void AddLimits(CLI::App& verb);
  void AddEncoding(CLI::App& verb);
  // --strict, --encoding, --placeholder-buffers, and the limits.
  void AddAll(CLI::App& verb);
  // Adds the option for out-of-band buffers; `name` is "--buffers" or another.
  void AddBuffers(CLI::App& verb, const std::string& name);

  // --member: which member of a zip is read.
  void AddMember(CLI::App& verb);

  ReadOptions Options() const;
  const std::string& member() const ABSL_ATTRIBUTE_LIFETIME_BOUND {
    return member_;
  }
  // The buffers named, in order: of every file that a file sink wrote, of
  // every shm:NAME, and whole raw files.
  absl::StatusOr<std::vector<Buffer>> Buffers() const;

 private:
  struct LimitFlag {
    uint64_t Limits::*member;
    std::optional<uint64_t> value;
  };

  bool strict_ = false;
  bool untrusted_ = false;
  bool placeholder_buffers_ = false;
  std::string encoding_ = "ASCII";
  std::vector<LimitFlag> limits_;
  std::vector<std::string> buffers_;
  std::string member_;
};

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_READ_FLAGS_H_
