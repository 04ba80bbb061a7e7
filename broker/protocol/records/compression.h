// The four codecs of record batches, as Kafka frames them:
//   gzip    RFC 1952 members;
//   snappy  xerial's stream: a 16-byte header, then blocks of {int32 size, raw snappy}; on reading
//   also
//           one bare raw snappy block, as librdkafka and others once sent;
//   lz4     LZ4 frames of independent blocks without a content checksum;
//   zstd    RFC 8878 frames.
//
// Compressed bytes come from outside. They are taken apart chunk by chunk, and the sum of the
// chunks is held against a limit: a bomb is cut there. A length that a stream claims allocates no
// more than the bytes of that stream could possibly decompress to. The libraries' errors and
// exceptions end in this folder's codec files.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "broker/protocol/records/batch_header.h"
#include "broker/protocol/records/record_error.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::records {

class CodecContexts;

/// What a chunk aims at, at most; a block of snappy or lz4 is one chunk whatever its size.
inline constexpr std::size_t kDecompressedChunkBytes = std::size_t{64} << 10;

class Decompressor {
public:
    Decompressor() = default;
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;
    virtual ~Decompressor() = default;

    /// The next bytes, which live until the next call that gives any; empty at the end of the
    /// stream. invalid_record: the stream is damaged or cut; message_too_large: it exceeds the
    /// limit.
    [[nodiscard]] virtual Result<ByteSpan, RecordError> next() = 0;
};

/// Takes apart `input`, which must outlive it. What follows the end of a gzip, snappy or lz4 stream
/// is ignored, of a zstd stream it is an error, as Kafka's reader has it. `codec` is not none.
/// `contexts`, here and below: what the caller keeps for many batches, if it does.
[[nodiscard]] std::unique_ptr<Decompressor> open_decompressor(CompressionCodec codec,
                                                              ByteSpan input,
                                                              std::size_t max_output_bytes,
                                                              CodecContexts* contexts = nullptr);

/// The whole of `input` decompressed (copied, if `codec` is none).
[[nodiscard]] Result<Bytes, RecordError> decompress(CompressionCodec codec, ByteSpan input,
                                                    std::size_t max_output_bytes,
                                                    CodecContexts* contexts = nullptr);

/// Compression levels as compression.gzip.level (1 to 9, −1: zlib's own), compression.lz4.level (1
/// to 17) and compression.zstd.level (−131072 to 22) take them.
struct CompressionLevels {
    int gzip = -1;
    int lz4 = 9;
    int zstd = 3;
};

/// `input` compressed as Kafka's own clients can read it (copied, if `codec` is none).
[[nodiscard]] Bytes compress(CompressionCodec codec, ByteSpan input,
                             const CompressionLevels& levels = {},
                             CodecContexts* contexts = nullptr);

/// "gzip", as in compression.type.
[[nodiscard]] std::string_view name_of(CompressionCodec codec);

}  // namespace gregor::records
