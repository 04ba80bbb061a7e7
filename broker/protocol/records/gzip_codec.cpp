// gzip through zlib. Further members may follow the first; what is no member after it is ignored,
// as the JDK's GZIPInputStream ignores it.
#include <zlib.h>

#include <limits>

#include "broker/protocol/records/codecs.h"

namespace gregor::records::detail {
namespace {

constexpr int kGzipWrapping = 16;
constexpr int kGzipWindowBits = 15 + kGzipWrapping;  // the largest window
constexpr std::size_t kWindowLookahead = 262;        // zlib's: what a window holds beyond a match
constexpr std::size_t kUsualExpansion = 8;
// A member's header and trailer at their smallest.
constexpr std::size_t kSmallestMember = 18;

/// What deflate works in. It is cleared for each batch, so it is made for the batch's size: with
/// all of the input in the window and one block for its symbols the outcome is as good as with the
/// largest.
struct DeflateSizes {
    int window_bits = 9;
    int memory_level = 1;

    static DeflateSizes of(std::size_t input) {
        DeflateSizes sizes;
        while (sizes.window_bits < 15 &&
               (std::size_t{1} << sizes.window_bits) < input + kWindowLookahead) {
            ++sizes.window_bits;
        }
        while (sizes.memory_level < 8 && (std::size_t{64} << sizes.memory_level) <= input) {
            ++sizes.memory_level;
        }
        return sizes;
    }
};

class GzipDecompressor final : public Decompressor {
public:
    GzipDecompressor(ByteSpan input, std::size_t max_output)
        : budget_(max_output), chunk_(kUsualExpansion * input.size()) {
        CHECK(input.size() <= std::numeric_limits<uInt>::max(), "{} bytes", input.size());
        stream_.next_in = const_cast<Bytef*>(input.data());
        stream_.avail_in = static_cast<uInt>(input.size());
        CHECK(inflateInit2(&stream_, kGzipWindowBits) == Z_OK);
        (void)inflateGetHeader(&stream_, &member_header_);
    }
    ~GzipDecompressor() override { inflateEnd(&stream_); }

    Result<ByteSpan, RecordError> next() override {
        while (!ended_) {
            stream_.next_out = chunk_.data();
            stream_.avail_out = static_cast<uInt>(chunk_.size());
            const uInt input_before = stream_.avail_in;
            // Z_FINISH: a stream that ends in this chunk needs no window.
            const int outcome = inflate(&stream_, Z_FINISH);
            const std::size_t size = chunk_.size() - stream_.avail_out;
            if (outcome == Z_STREAM_END) {
                start_next_member();
            } else if (outcome != Z_OK && outcome != Z_BUF_ERROR) {
                if (!is_between_members()) return fail(kDamagedStream);
                ended_ = true;
                return ByteSpan{};
            } else if (size == 0 && stream_.avail_in == input_before) {
                if (!is_between_members()) return fail(kCutStream);
                ended_ = true;
                return ByteSpan{};
            }
            if (!budget_.take(size)) return fail(kTooMuchOutput);
            if (size > 0) return ByteSpan(chunk_.data(), size);
        }
        return ByteSpan{};
    }

private:
    void start_next_member() {
        if (stream_.avail_in < kSmallestMember) {
            ended_ = true;
            return;
        }
        ++members_;
        CHECK(inflateReset(&stream_) == Z_OK);
        (void)inflateGetHeader(&stream_, &member_header_);
    }

    /// After a whole member, and no header of another has been seen yet.
    [[nodiscard]] bool is_between_members() const {
        return members_ > 0 && member_header_.done != 1;
    }

    z_stream stream_{};
    gz_header member_header_{};
    int members_ = 0;  // whole ones
    bool ended_ = false;
    OutputBudget budget_;
    ChunkBuffer chunk_;
};

}  // namespace

std::unique_ptr<Decompressor> open_gzip(ByteSpan input, std::size_t max_output) {
    return std::make_unique<GzipDecompressor>(input, max_output);
}

Bytes compress_gzip(ByteSpan input, int level) {
    CHECK(level == -1 || (level >= 1 && level <= 9), "gzip level {}", level);
    CHECK(input.size() <= std::numeric_limits<uInt>::max(), "{} bytes", input.size());
    z_stream stream{};
    const DeflateSizes sizes = DeflateSizes::of(input.size());
    CHECK(deflateInit2(&stream, level, Z_DEFLATED, sizes.window_bits + kGzipWrapping,
                       sizes.memory_level, Z_DEFAULT_STRATEGY) == Z_OK);
    const std::size_t bound = deflateBound(&stream, input.size());
    ByteBuffer output(bound);
    stream.next_in = const_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = output.extend(bound);
    stream.avail_out = static_cast<uInt>(bound);
    const int outcome = deflate(&stream, Z_FINISH);
    CHECK(outcome == Z_STREAM_END, "deflate: {}", outcome);
    output.resize(bound - stream.avail_out);
    deflateEnd(&stream);
    return std::move(output).freeze();
}

}  // namespace gregor::records::detail
