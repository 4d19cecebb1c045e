#include "buffers/filters/zstd_codec.h"

#include <new>

#include "absl/strings/str_cat.h"
#include "buffers/io_status.h"
#include "zstd.h"

namespace pickle5 {
namespace {

absl::Status Failed(size_t code) {
  // The numbers of errors are not in the library's stable interface; their
  // texts are.
  return absl::DataLossError(absl::StrCat("zstd: ", ZSTD_getErrorName(code)));
}

}  // namespace

struct ZstdCodec::Contexts {
  template <typename Context, size_t (*kFree)(Context*)>
  struct Deleter {
    void operator()(Context* context) const { kFree(context); }
  };

  std::unique_ptr<ZSTD_CCtx, Deleter<ZSTD_CCtx, ZSTD_freeCCtx>> compression;
  std::unique_ptr<ZSTD_DCtx, Deleter<ZSTD_DCtx, ZSTD_freeDCtx>> decompression;
};

ZstdCodec::ZstdCodec(int level) : level_(level) {}
ZstdCodec::~ZstdCodec() = default;

size_t ZstdCodec::MaxCompressedSize(size_t nbytes) const {
  return ZSTD_compressBound(nbytes);
}

absl::StatusOr<size_t> ZstdCodec::Compress(std::span<const uint8_t> in,
                                           std::span<uint8_t> out) {
  try {
    if (contexts_ == nullptr) contexts_ = std::make_unique<Contexts>();
    auto& context = contexts_->compression;
    if (context == nullptr) context.reset(ZSTD_createCCtx());
    if (context == nullptr) return OutOfMemoryStatus();
    const size_t size = ZSTD_compressCCtx(context.get(), out.data(), out.size(),
                                          in.data(), in.size(), level_);
    // With room enough, what can fail is its memory.
    if (ZSTD_isError(size)) return OutOfMemoryStatus();
    return size;
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

absl::Status ZstdCodec::Decompress(std::span<const uint8_t> in,
                                   std::span<uint8_t> out) {
  try {
    if (contexts_ == nullptr) contexts_ = std::make_unique<Contexts>();
    auto& context = contexts_->decompression;
    if (context == nullptr) context.reset(ZSTD_createDCtx());
    if (context == nullptr) return OutOfMemoryStatus();
    const size_t size = ZSTD_decompressDCtx(context.get(), out.data(),
                                            out.size(), in.data(), in.size());
    if (ZSTD_isError(size)) return Failed(size);
    if (size != out.size()) {
      return absl::DataLossError(
          absl::StrCat("zstd: ", size, " bytes instead of ", out.size()));
    }
    return absl::OkStatus();
  } catch (const std::bad_alloc&) {
    return OutOfMemoryStatus();
  }
}

}  // namespace pickle5
