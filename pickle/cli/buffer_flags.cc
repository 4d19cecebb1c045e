#include "pickle/cli/buffer_flags.h"

#include <string_view>
#include <utility>

#include "buffers/files/file_sink.h"
#include "buffers/files/shm_sink.h"
#include "pickle/protocol/opcode.h"

namespace pickle5::cli {
namespace {

constexpr std::string_view kInband = "inband";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kShm = "shm:";

}  // namespace

void BufferFlags::Add(CLI::App& verb, const std::string& name) {
  verb.add_option(name, place_,
                  "Where buffers go: inband (default), file:PATH or shm:NAME")
      ->type_name("PLACE")
      ->check([](const std::string& place) -> std::string {
        const bool known =
            place == kInband ||
            (place.starts_with(kFile) && place.size() > kFile.size()) ||
            (place.starts_with(kShm) && place.size() > kShm.size());
        return known ? "" : "must be inband, file:PATH or shm:NAME";
      });
  verb.add_option("--threshold", threshold_,
                  "Leave in-band what has fewer bytes")
      ->type_name("BYTES");
}

absl::StatusOr<std::unique_ptr<BufferSink>> BufferFlags::OpenSink() const {
  if (place_.starts_with(kFile)) {
    auto sink = FileSink::Create(place_.substr(kFile.size()));
    if (!sink.ok()) return sink.status();
    return std::unique_ptr<BufferSink>(*std::move(sink));
  }
  if (place_.starts_with(kShm)) {
    auto sink = ShmSink::Create(place_.substr(kShm.size()));
    if (!sink.ok()) return sink.status();
    return std::unique_ptr<BufferSink>(*std::move(sink));
  }
  return std::unique_ptr<BufferSink>();
}

bool WritesArchive(bool asked, const std::string& out, int protocol,
                   const BufferFlags& buffers) {
  const bool plain = buffers.out_of_band() || protocol != kHighestProtocol;
  if (asked && plain) {
    throw CLI::ValidationError("--archive",
                               "excludes --buffers and other protocols than 5");
  }
  return asked || (!plain && out.ends_with(".pkl5"));
}

}  // namespace pickle5::cli
