#ifndef PICKLE5_PICKLE_CLI_BUFFER_FLAGS_H_
#define PICKLE5_PICKLE_CLI_BUFFER_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "buffers/sink.h"

namespace pickle5::cli {

// The options about where out-of-band buffers go.
class BufferFlags {
 public:
  // `name` is "--buffers" or another.
  void Add(CLI::App& verb, const std::string& name);

  bool out_of_band() const { return place_ != "inband"; }
  std::optional<uint64_t> threshold() const { return threshold_; }
  // Opens the place; nullptr for inband. Close() publishes the buffers.
  absl::StatusOr<std::unique_ptr<BufferSink>> OpenSink() const;

 private:
  std::string place_ = "inband";
  std::optional<uint64_t> threshold_;
};

// Returns whether a verb writes an archive to `out`: it was asked to, or the
// name ends in .pkl5 and nothing else was asked for. CLI::ValidationError where
// it was asked for both.
bool WritesArchive(bool asked, const std::string& out, int protocol,
                   const BufferFlags& buffers);

}  // namespace pickle5::cli

#endif  // PICKLE5_PICKLE_CLI_BUFFER_FLAGS_H_
