// zstd frames, one after the other; bytes that are no frame are an error.
//
// A frame names the window that its decoder must keep. Up to 8 MiB (the most of levels up to 19)
// the stream decoder allocates it; a frame that asks for more is decoded in one piece, into memory
// that grows only as far as its content does.
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <utility>

#include "broker/protocol/records/codec_contexts.h"
#include "broker/protocol/records/codecs.h"

namespace gregor::records::detail {
namespace {

constexpr int kLargestStreamedWindowLog = 23;

class ZstdDecompressor final : public Decompressor {
public:
    ZstdDecompressor(ByteSpan input, std::size_t max_output, CodecContexts* contexts)
        : input_{input.data(), input.size(), 0},
          contexts_(contexts),
          own_context_(contexts == nullptr ? ZstdDecompression(ZSTD_createDCtx())
                                           : contexts->take_zstd_decompression()),
          context_(own_context_.get()),
          budget_(max_output),
          chunk_(content_size(input)) {
        CHECK(context_ != nullptr);
        (void)ZSTD_DCtx_reset(context_, ZSTD_reset_session_and_parameters);
        (void)ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kLargestStreamedWindowLog);
    }
    ~ZstdDecompressor() override {
        if (contexts_ != nullptr) contexts_->give_back(std::move(own_context_));
    }

    Result<ByteSpan, RecordError> next() override {
        while (!is_between_frames_ || input_.pos < input_.size) {
            if (is_between_frames_) frame_begin_ = input_.pos;
            ZSTD_outBuffer output{chunk_.data(), chunk_.size(), 0};
            const std::size_t input_before = input_.pos;
            const std::size_t outcome = ZSTD_decompressStream(context_, &output, &input_);
            if (ZSTD_isError(outcome)) {
                if (ZSTD_getErrorCode(outcome) != ZSTD_error_frameParameter_windowTooLarge) {
                    return fail(kDamagedStream);
                }
                const ByteSpan content = TRY(decode_frame_in_one_piece());
                if (!content.empty()) return content;
                continue;
            }
            is_between_frames_ = outcome == 0;
            if (!budget_.take(output.pos)) return fail(kTooMuchOutput);
            if (output.pos > 0) return ByteSpan(chunk_.data(), output.pos);
            if (!is_between_frames_ && input_.pos == input_before) return fail(kCutStream);
        }
        return ByteSpan{};
    }

private:
    /// What the first frame says of itself, if it does: a chunk of that size takes it in one go.
    static std::size_t content_size(ByteSpan input) {
        const unsigned long long size = ZSTD_getFrameContentSize(input.data(), input.size());
        return size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN
                   ? kDecompressedChunkBytes
                   : static_cast<std::size_t>(size);
    }

    /// The frame at frame_begin_, whole; the stream goes on after it.
    Result<ByteSpan, RecordError> decode_frame_in_one_piece() {
        (void)ZSTD_DCtx_reset(context_, ZSTD_reset_session_only);
        const std::uint8_t* frame = static_cast<const std::uint8_t*>(input_.src) + frame_begin_;
        const std::size_t frame_size =
            ZSTD_findFrameCompressedSize(frame, input_.size - frame_begin_);
        if (ZSTD_isError(frame_size)) return fail(kCutStream);
        std::size_t room = std::max(kDecompressedChunkBytes, 4 * frame_size);
        while (true) {
            room = std::min(room, budget_.left());
            whole_frame_.clear();
            std::uint8_t* output = whole_frame_.extend(std::max<std::size_t>(room, 1));
            const std::size_t size = ZSTD_decompressDCtx(context_, output, room, frame, frame_size);
            if (!ZSTD_isError(size)) {
                CHECK(budget_.take(size));
                input_.pos = frame_begin_ + frame_size;
                is_between_frames_ = true;
                return ByteSpan(whole_frame_.data(), size);
            }
            if (ZSTD_getErrorCode(size) != ZSTD_error_dstSize_tooSmall) return fail(kDamagedStream);
            if (room == budget_.left()) return fail(kTooMuchOutput);
            room *= 2;
        }
    }

    ZSTD_inBuffer input_;
    CodecContexts* contexts_;
    ZstdDecompression own_context_;
    ZSTD_DCtx* context_;
    std::size_t frame_begin_ = 0;
    bool is_between_frames_ = true;
    OutputBudget budget_;
    ChunkBuffer chunk_;
    ByteBuffer whole_frame_;
};

}  // namespace

std::unique_ptr<Decompressor> open_zstd(ByteSpan input, std::size_t max_output,
                                        CodecContexts* contexts) {
    return std::make_unique<ZstdDecompressor>(input, max_output, contexts);
}

Bytes compress_zstd(ByteSpan input, int level, CodecContexts* contexts) {
    CHECK(level >= ZSTD_minCLevel(), "zstd level {}", level);
    CHECK(level <= ZSTD_maxCLevel(), "zstd level {}", level);
    const std::size_t bound = ZSTD_compressBound(input.size());
    ByteBuffer output(bound);
    CodecContexts for_this_batch;
    ZSTD_CCtx& context = (contexts == nullptr ? for_this_batch : *contexts).zstd_compression();
    const std::size_t size =
        ZSTD_compressCCtx(&context, output.extend(bound), bound, input.data(), input.size(), level);
    CHECK(!ZSTD_isError(size), "zstd: {}", ZSTD_getErrorName(size));
    output.resize(size);
    return std::move(output).freeze();
}

}  // namespace gregor::records::detail
