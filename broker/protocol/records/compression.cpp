#include "broker/protocol/records/compression.h"

#include "broker/protocol/records/codecs.h"

namespace gregor::records {

std::unique_ptr<Decompressor> open_decompressor(CompressionCodec codec, ByteSpan input,
                                                std::size_t max_output_bytes,
                                                CodecContexts* contexts) {
    switch (codec) {
        case CompressionCodec::gzip: return detail::open_gzip(input, max_output_bytes);
        case CompressionCodec::snappy: return detail::open_snappy(input, max_output_bytes);
        case CompressionCodec::lz4: return detail::open_lz4(input, max_output_bytes);
        case CompressionCodec::zstd: return detail::open_zstd(input, max_output_bytes, contexts);
        case CompressionCodec::none: break;
    }
    UNREACHABLE("codec {}", static_cast<int>(codec));
}

Result<Bytes, RecordError> decompress(CompressionCodec codec, ByteSpan input,
                                      std::size_t max_output_bytes, CodecContexts* contexts) {
    if (codec == CompressionCodec::none) {
        if (input.size() > max_output_bytes) return fail(detail::kTooMuchOutput);
        return Bytes::copy_of(input);
    }
    const std::unique_ptr<Decompressor> stream =
        open_decompressor(codec, input, max_output_bytes, contexts);
    ByteBuffer output;
    while (true) {
        const ByteSpan chunk = TRY(stream->next());
        if (chunk.empty()) return std::move(output).freeze();
        output.append(chunk);
    }
}

Bytes compress(CompressionCodec codec, ByteSpan input, const CompressionLevels& levels,
               CodecContexts* contexts) {
    switch (codec) {
        case CompressionCodec::none: return Bytes::copy_of(input);
        case CompressionCodec::gzip: return detail::compress_gzip(input, levels.gzip);
        case CompressionCodec::snappy: return detail::compress_snappy(input);
        case CompressionCodec::lz4: return detail::compress_lz4(input, levels.lz4, contexts);
        case CompressionCodec::zstd: return detail::compress_zstd(input, levels.zstd, contexts);
    }
    UNREACHABLE("codec {}", static_cast<int>(codec));
}

std::string_view name_of(CompressionCodec codec) {
    switch (codec) {
        case CompressionCodec::none: return "none";
        case CompressionCodec::gzip: return "gzip";
        case CompressionCodec::snappy: return "snappy";
        case CompressionCodec::lz4: return "lz4";
        case CompressionCodec::zstd: return "zstd";
    }
    UNREACHABLE("codec {}", static_cast<int>(codec));
}

}  // namespace gregor::records
