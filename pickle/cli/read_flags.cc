#include "pickle/cli/read_flags.h"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "buffers/files/buffer_file.h"
#include "buffers/files/shm_source.h"
#include "buffers/system/mapping.h"

namespace pickle5::cli {
namespace {

struct LimitName {
  const char* flag;
  uint64_t Limits::*member;
  const char* what;
};

constexpr std::array<LimitName, 8> kLimitNames = {{
    {"--max-depth", &Limits::max_depth, "Levels of nesting"},
    {"--max-memo", &Limits::max_memo, "Entries in the memo"},
    {"--max-memory", &Limits::max_memory, "Bytes held for objects"},
    {"--max-payload", &Limits::max_payload, "Bytes of one counted argument"},
    {"--max-line", &Limits::max_line, "Bytes of one line"},
    {"--max-digits", &Limits::max_digits, "Digits of one text integer"},
    {"--max-frame", &Limits::max_frame, "Bytes of one frame"},
    {"--max-opcodes", &Limits::max_opcodes, "Opcodes of one pickle"},
}};

struct EncodingName {
  std::string_view name;
  StringEncoding encoding;
};

constexpr std::array<EncodingName, 4> kEncodingNames = {{
    {"ASCII", StringEncoding::kAscii},
    {"latin1", StringEncoding::kLatin1},
    {"utf-8", StringEncoding::kUtf8},
    {"bytes", StringEncoding::kBytes},
}};

std::optional<StringEncoding> FindEncoding(std::string_view name) {
  for (const EncodingName& entry : kEncodingNames) {
    if (entry.name == name) return entry.encoding;
  }
  return std::nullopt;
}

constexpr std::string_view kShmPrefix = "shm:";

absl::Status AppendAll(const BufferFile& file, std::vector<Buffer>& buffers) {
  for (size_t i = 0; i < file.size(); ++i) {
    absl::StatusOr<Buffer> buffer = file.Get(i);
    if (!buffer.ok()) return buffer.status();
    buffers.push_back(*std::move(buffer));
  }
  return absl::OkStatus();
}

absl::Status AppendFrom(const std::string& place,
                        std::vector<Buffer>& buffers) {
  if (place.starts_with(kShmPrefix)) {
    auto source = ShmSource::Open(place.substr(kShmPrefix.size()));
    if (!source.ok()) return source.status();
    return AppendAll((*source)->file(), buffers);
  }
  absl::StatusOr<Buffer> bytes = MapFile(place, MapAccess::kCopyOnWrite);
  if (!bytes.ok()) return bytes.status();
  absl::StatusOr<BufferFile> file = BufferFile::Parse(*bytes);
  if (file.ok()) return AppendAll(*file, buffers);
  if (!absl::IsInvalidArgument(file.status())) return file.status();
  buffers.push_back(*std::move(bytes));
  return absl::OkStatus();
}

}  // namespace

void ReadFlags::AddLimits(CLI::App& verb) {
  verb.add_flag("--untrusted", untrusted_,
                "Start from the limits for pickles from strangers")
      ->group("Limits");
  limits_.reserve(kLimitNames.size());
  for (const LimitName& name : kLimitNames) {
    limits_.push_back({name.member, std::nullopt});
    verb.add_option(name.flag, limits_.back().value, name.what)
        ->type_name("N")
        ->group("Limits");
  }
}

void ReadFlags::AddEncoding(CLI::App& verb) {
  verb.add_option("--encoding", encoding_,
                  "What Python 2's 8-bit strings become: ASCII (default), "
                  "latin1, utf-8, or bytes")
      ->type_name("NAME")
      ->check([](const std::string& name) {
        return FindEncoding(name) ? "" : "no encoding is called " + name;
      });
}

void ReadFlags::AddAll(CLI::App& verb) {
  verb.add_flag("--strict", strict_, "Accept only what picklers write");
  AddEncoding(verb);
  verb.add_flag("--placeholder-buffers", placeholder_buffers_,
                "Let buffers that are not given stay nodes without data");
  AddLimits(verb);
}

void ReadFlags::AddBuffers(CLI::App& verb, const std::string& name) {
  verb.add_option(name, buffers_,
                  "Out-of-band buffers: a raw file, a file that --buffers "
                  "file:PATH wrote, or shm:NAME; repeatable")
      ->type_name("F")
      ->expected(1)
      ->take_all();
}

void ReadFlags::AddMember(CLI::App& verb) {
  verb.add_option("--member", member_,
                  "The member of a zip, by its name or the end of it after a "
                  "slash; .npy may be left out (`pkl5 list` shows them)")
      ->type_name("NAME");
}

ReadOptions ReadFlags::Options() const {
  ReadOptions options;
  if (untrusted_) options.limits = Limits::Untrusted();
  for (const LimitFlag& flag : limits_) {
    if (flag.value) options.limits.*flag.member = *flag.value;
  }
  if (strict_) options.mode = Mode::kStrict;
  options.encoding = FindEncoding(encoding_).value_or(StringEncoding::kAscii);
  options.placeholder_buffers = placeholder_buffers_;
  return options;
}

absl::StatusOr<std::vector<Buffer>> ReadFlags::Buffers() const {
  std::vector<Buffer> buffers;
  for (const std::string& place : buffers_) {
    absl::Status status = AppendFrom(place, buffers);
    if (!status.ok()) return status;
  }
  return buffers;
}

}  // namespace pickle5::cli
