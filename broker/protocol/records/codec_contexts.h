// Contexts of the codecs' libraries, kept from batch to batch.
//
// Making one costs more than a small batch does: zstd asks the processor what it can do each time,
// which a virtual machine answers in tens of microseconds, and lz4 clears 16 KiB. Whoever reads or
// writes many batches owns one of these and lends it; the bytes that come out are the same as
// without. It belongs to one thread and outlives the decompressors that were opened with it.
#pragma once

#include <memory>
#include <vector>

struct LZ4F_cctx_s;
struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace gregor::records {

namespace detail {

struct FreeContext {
    void operator()(LZ4F_cctx_s* context) const;
    void operator()(ZSTD_CCtx_s* context) const;
    void operator()(ZSTD_DCtx_s* context) const;
};

using Lz4Compression = std::unique_ptr<LZ4F_cctx_s, FreeContext>;
using ZstdCompression = std::unique_ptr<ZSTD_CCtx_s, FreeContext>;
using ZstdDecompression = std::unique_ptr<ZSTD_DCtx_s, FreeContext>;

}  // namespace detail

class CodecContexts {
public:
    /// Both made at the first call.
    [[nodiscard]] LZ4F_cctx_s& lz4_compression();
    [[nodiscard]] ZSTD_CCtx_s& zstd_compression();

    /// One that no open stream uses; it comes back by give_back().
    [[nodiscard]] detail::ZstdDecompression take_zstd_decompression();
    void give_back(detail::ZstdDecompression context);

private:
    detail::Lz4Compression lz4_compression_;
    detail::ZstdCompression zstd_compression_;
    std::vector<detail::ZstdDecompression> zstd_decompressions_;  // as many as were open at once
};

}  // namespace gregor::records
