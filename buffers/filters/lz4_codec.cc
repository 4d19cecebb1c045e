#include "buffers/filters/lz4_codec.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "lz4frame.h"

namespace pickle5 {
namespace {

struct FreeContext {
  void operator()(LZ4F_dctx* context) const {
    LZ4F_freeDecompressionContext(context);
  }
};

LZ4F_preferences_t PreferencesFor(size_t nbytes) {
  LZ4F_preferences_t preferences = {};
  preferences.frameInfo.blockSizeID = LZ4F_max4MB;
  preferences.frameInfo.contentSize = nbytes;
  return preferences;
}

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(absl::StrCat("lz4: ", std::string(what)));
}

}  // namespace

size_t Lz4Codec::MaxCompressedSize(size_t nbytes) const {
  const LZ4F_preferences_t preferences = PreferencesFor(nbytes);
  return LZ4F_compressFrameBound(nbytes, &preferences);
}

absl::StatusOr<size_t> Lz4Codec::Compress(std::span<const uint8_t> in,
                                          std::span<uint8_t> out) {
  const LZ4F_preferences_t preferences = PreferencesFor(in.size());
  const size_t size = LZ4F_compressFrame(out.data(), out.size(), in.data(),
                                         in.size(), &preferences);
  // With room enough, what can fail is its memory.
  if (LZ4F_isError(size)) return OutOfMemoryStatus();
  return size;
}

absl::Status Lz4Codec::Decompress(std::span<const uint8_t> in,
                                  std::span<uint8_t> out) {
  LZ4F_dctx* made = nullptr;
  if (LZ4F_isError(LZ4F_createDecompressionContext(&made, LZ4F_VERSION))) {
    return OutOfMemoryStatus();
  }
  const std::unique_ptr<LZ4F_dctx, FreeContext> context(made);
  LZ4F_decompressOptions_t options = {};
  options.stableDst = 1;  // earlier blocks are looked up where they are
  for (;;) {
    size_t written = out.size();
    size_t read = in.size();
    const size_t left = LZ4F_decompress(context.get(), out.data(), &written,
                                        in.data(), &read, &options);
    if (LZ4F_isError(left)) return Damaged(LZ4F_getErrorName(left));
    out = out.subspan(written);
    in = in.subspan(read);
    if (left == 0) break;
    if (written == 0 && read == 0) {
      return Damaged(in.empty() ? "the frame is cut short"
                                : "more bytes than declared");
    }
  }
  if (!out.empty()) return Damaged("fewer bytes than declared");
  if (!in.empty()) return Damaged("bytes behind the frame");
  return absl::OkStatus();
}

}  // namespace pickle5
