#include "broker/protocol/records/codec_contexts.h"

#include <lz4frame.h>
#include <zstd.h>

#include <utility>

#include "sim/base/check.h"

namespace gregor::records {
namespace detail {

void FreeContext::operator()(LZ4F_cctx_s* context) const {
    (void)LZ4F_freeCompressionContext(context);
}
void FreeContext::operator()(ZSTD_CCtx_s* context) const { ZSTD_freeCCtx(context); }
void FreeContext::operator()(ZSTD_DCtx_s* context) const { ZSTD_freeDCtx(context); }

}  // namespace detail

LZ4F_cctx_s& CodecContexts::lz4_compression() {
    if (lz4_compression_ == nullptr) {
        LZ4F_cctx* made = nullptr;
        CHECK(!LZ4F_isError(LZ4F_createCompressionContext(&made, LZ4F_VERSION)));
        lz4_compression_.reset(made);
    }
    return *lz4_compression_;
}

ZSTD_CCtx_s& CodecContexts::zstd_compression() {
    if (zstd_compression_ == nullptr) zstd_compression_.reset(ZSTD_createCCtx());
    CHECK(zstd_compression_ != nullptr);
    return *zstd_compression_;
}

detail::ZstdDecompression CodecContexts::take_zstd_decompression() {
    detail::ZstdDecompression context;
    if (zstd_decompressions_.empty()) {
        context.reset(ZSTD_createDCtx());
    } else {
        context = std::move(zstd_decompressions_.back());
        zstd_decompressions_.pop_back();
    }
    CHECK(context != nullptr);
    return context;
}

void CodecContexts::give_back(detail::ZstdDecompression context) {
    zstd_decompressions_.push_back(std::move(context));
}

}  // namespace gregor::records
