#include "pickle/value/loader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pickle/value/depth.h"

namespace pickle5::internal {
namespace {

// How much memory a payload gets before any of it has arrived.
constexpr size_t kFirstArrival = size_t{1} << 20;

std::string_view Text(const uint8_t* begin, const uint8_t* end) {
  return {reinterpret_cast<const char*>(begin),
          static_cast<size_t>(end - begin)};
}

const uint8_t* Begin(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

}  // namespace

void Loader::Start(const ReadOptions& options, bool views,
                   BufferSource* source) {
  s_.machine.Clear();
  s_.effects.clear();
  s_.buffers.clear();
  s_.payloads.clear();
  s_.arena.Reset(options.limits.max_memory);
  s_.builder.Start(options, views, source);
  s_.machine.Start(options);
  s_.consumed = 0;
  arrival_ = {};
  pending_.clear();
  needed_ = 0;
}

absl::Status Loader::Error() const {
  const absl::Status& status = s_.builder.status();
  return status.ok() ? s_.machine.error() : s_.machine.Annotate(status);
}

absl::Status Loader::Fail(ErrorCode code, const char* rule) {
  s_.machine.Fail(code, rule);
  return s_.machine.error();
}

absl::Status Loader::TrailingError() const {
  return s_.machine.TrailingError();
}

absl::StatusOr<Value> Loader::Stopped(bool trailing) {
  s_.consumed = s_.machine.offset();
  if (trailing && s_.machine.mode() == Mode::kStrict &&
      !s_.machine.allow_trailing()) {
    return TrailingError();
  }
  const Value root = s_.machine.TakeResult();
  if (s_.builder.lost_effect()) {
    return s_.machine.StopError(ErrorCode::kMemoryLimit, "no memory");
  }
  const uint64_t max_depth = s_.machine.limits().max_depth;
  if (s_.builder.compounds() > max_depth) {
    bool deeper = false;
    for (const Value effect : s_.effects) {
      deeper = deeper || DeeperThan(effect, max_depth);
    }
    if (deeper || DeeperThan(root, max_depth)) {
      return s_.machine.StopError(ErrorCode::kDepthLimit,
                                  "objects are nested too deep");
    }
  }
  return root;
}

absl::StatusOr<Value> Loader::LoadAll(std::string_view pickle) {
  const uint8_t* end = Begin(pickle) + pickle.size();
  s_.machine.SetInput(Begin(pickle), end, /*streaming=*/false);
  switch (s_.machine.Run()) {
    case Flow::kStop:
      return Stopped(s_.machine.cursor() != end);
    case Flow::kNeedMore:
      s_.machine.FailTruncated();
      return Error();
    default:
      return Error();
  }
}

absl::Status Loader::TakeDetached(std::string_view others,
                                  const DetachedPayload& payload) {
  const uint8_t* end = Begin(others) + others.size();
  s_.machine.SetInput(Begin(others), end, /*streaming=*/true);
  const Flow flow = s_.machine.Run();
  if (flow == Flow::kError) return Error();
  const auto& wanted = s_.machine.payload();
  if (flow != Flow::kPayload || s_.machine.cursor() + wanted.header != end ||
      !payload.Fits(wanted.opcode, wanted.size)) {
    return absl::DataLossError(
        absl::StrCat("at byte ", s_.machine.offset(),
                     ": no opcode takes the payload that stands there"));
  }
  Value made;
  if (payload.is_buffer) {
    made = s_.builder.MakeBuffer(payload.bytes, payload.readonly);
  } else {
    s_.payloads.push_back(payload.bytes);
    made = s_.builder.Adopt(wanted.opcode, payload.bytes.data(), wanted.size);
  }
  return s_.machine.Deliver(made) == Flow::kNext ? absl::OkStatus() : Error();
}

absl::StatusOr<Value> Loader::LoadDetached(
    std::string_view others, std::span<const DetachedPayload> payloads) {
  s_.machine.set_large_payload(1);
  uint64_t position = 0;
  for (const DetachedPayload& payload : payloads) {
    if (payload.position < position || payload.position > others.size()) {
      return absl::InvalidArgumentError("payloads are not in order");
    }
    absl::Status status = TakeDetached(
        others.substr(position, payload.position - position), payload);
    if (!status.ok()) return status;
    position = payload.position;
  }
  return LoadAll(others.substr(position));
}

absl::StatusOr<Value> Loader::LoadFrom(ByteReader& reader) {
  bool more = reader.Pull(1);
  for (;;) {
    s_.machine.SetInput(reader.cursor(), reader.limit(), more);
    const Flow flow = s_.machine.Run();
    reader.set_cursor(s_.machine.cursor());
    switch (flow) {
      case Flow::kStop: {
        const bool trailing = s_.machine.mode() == Mode::kStrict &&
                              !s_.machine.allow_trailing() && reader.Pull(1);
        if (!reader.ok()) return reader.status();
        return Stopped(trailing);
      }
      case Flow::kPayload: {
        const absl::Status status = ReadPayload(reader);
        if (!status.ok()) return status;
        more = reader.Pull(1);
        break;
      }
      case Flow::kNeedMore:
        if (!more) {
          if (!reader.ok()) return reader.status();
          s_.machine.FailTruncated();
          return Error();
        }
        more = reader.Pull(s_.machine.needed());
        break;
      default:
        return Error();
    }
  }
}

bool Loader::Grow(uint64_t wanted) {
  if (arrival_.data == nullptr) {
    arrival_.data = static_cast<uint8_t*>(s_.arena.AllocateLarge(
        std::min<uint64_t>(wanted, kFirstArrival), &arrival_.capacity));
    return arrival_.data != nullptr;
  }
  arrival_.data = static_cast<uint8_t*>(s_.arena.GrowLarge(
      arrival_.data, std::min<uint64_t>(wanted, arrival_.capacity * 2),
      &arrival_.capacity));
  return arrival_.data != nullptr;
}

bool Loader::Deliver() {
  const auto payload = s_.machine.payload();
  const Value made =
      s_.builder.Adopt(payload.opcode, arrival_.data, payload.size);
  arrival_ = {};
  return s_.machine.Deliver(made) == Flow::kNext;
}

absl::Status Loader::ReadPayload(ByteReader& reader) {
  const auto payload = s_.machine.payload();
  if (!reader.Skip(payload.header)) return reader.status();
  const std::optional<uint64_t> remaining = reader.remaining();
  if (remaining.has_value() && *remaining >= payload.size) {
    // The bytes are there: no need to grow.
    arrival_.data = static_cast<uint8_t*>(
        s_.arena.AllocateLarge(payload.size, &arrival_.capacity));
    if (arrival_.data == nullptr) {
      return Fail(ErrorCode::kMemoryLimit, s_.builder.fault().rule);
    }
  }
  while (arrival_.filled < payload.size) {
    if (arrival_.filled == arrival_.capacity && !Grow(payload.size)) {
      return Fail(ErrorCode::kMemoryLimit, s_.builder.fault().rule);
    }
    const size_t part =
        std::min<uint64_t>(arrival_.capacity, payload.size) - arrival_.filled;
    if (!reader.Read(part, arrival_.data + arrival_.filled)) {
      if (!reader.ok()) return reader.status();
      s_.machine.FailTruncated();
      return s_.machine.error();
    }
    arrival_.filled += part;
  }
  return Deliver() ? absl::OkStatus() : Error();
}

absl::StatusOr<std::string_view> Loader::TakePayload(std::string_view bytes) {
  const uint64_t size = s_.machine.payload().size;
  while (arrival_.filled < size && !bytes.empty()) {
    if (arrival_.filled == arrival_.capacity && !Grow(size)) {
      return Fail(ErrorCode::kMemoryLimit, s_.builder.fault().rule);
    }
    const size_t part =
        std::min<uint64_t>({bytes.size(), arrival_.capacity - arrival_.filled,
                            size - arrival_.filled});
    std::memcpy(arrival_.data + arrival_.filled, bytes.data(), part);
    arrival_.filled += part;
    bytes.remove_prefix(part);
  }
  if (arrival_.filled == size && !Deliver()) return Error();
  return bytes;
}

absl::StatusOr<bool> Loader::Feed(std::string_view bytes, size_t* used,
                                  Value* root) {
  const size_t given = bytes.size();
  if (arrival_.data != nullptr) {
    absl::StatusOr<std::string_view> rest = TakePayload(bytes);
    if (!rest.ok()) return rest.status();
    if (arrival_.data != nullptr) return false;
    bytes = *rest;
  }
  const bool kept = !pending_.empty();
  if (kept) pending_.append(bytes);
  const std::string_view input = kept ? std::string_view(pending_) : bytes;
  if (input.size() < needed_ || input.empty()) {
    if (!kept) pending_.assign(bytes);
    return false;
  }
  s_.machine.SetInput(Begin(input), Begin(input) + input.size(),
                      /*streaming=*/true);
  const Flow flow = s_.machine.Run();
  const std::string_view rest =
      Text(s_.machine.cursor(), Begin(input) + input.size());
  if (flow == Flow::kStop) {
    if (used != nullptr) *used = given - rest.size();
    absl::StatusOr<Value> result = Stopped(!rest.empty());
    pending_.clear();
    if (!result.ok()) return result.status();
    *root = *result;
    return true;
  }
  if (flow == Flow::kError) return Error();
  if (flow == Flow::kNeedMore) {
    needed_ = s_.machine.needed();
    if (kept) {
      pending_.erase(0, pending_.size() - rest.size());
    } else {
      pending_.assign(rest);
    }
    return false;
  }
  needed_ = 0;
  if (!Grow(s_.machine.payload().size)) {
    return Fail(ErrorCode::kMemoryLimit, s_.builder.fault().rule);
  }
  absl::StatusOr<std::string_view> left =
      TakePayload(rest.substr(s_.machine.payload().header));
  if (!left.ok()) return left.status();
  pending_.clear();
  return false;
}

absl::Status Loader::Finish() {
  s_.machine.FailTruncated();
  return s_.machine.error();
}

}  // namespace pickle5::internal
