#include "broker/protocol/records/batch_reader.h"

#include "broker/protocol/records/big_endian.h"

namespace gregor::records {
namespace {

constexpr std::size_t kBatchLengthAt = 8;
constexpr std::size_t kMagicAt = 16;
// A message of format 0 without key and value, less its log overhead.
constexpr std::int32_t kSmallestBatchLength = 14;

}  // namespace

Result<std::optional<BatchView>, RecordError> BatchReader::next() {
    const ByteSpan rest = chunk_.subspan(position_);
    if (rest.size() < kLogOverhead) return std::nullopt;
    const auto batch_length = load_big_endian<std::int32_t>(rest.data() + kBatchLengthAt);
    if (batch_length < kSmallestBatchLength) {
        return fail(RecordError{RecordErrorCode::corrupt_message,
                                "a batch length below that of the smallest message"});
    }
    if (rest.size() <= kMagicAt) return std::nullopt;
    const auto magic = load_big_endian<std::int8_t>(rest.data() + kMagicAt);
    if (magic < 0 || magic > 2) {
        return fail(RecordError{RecordErrorCode::corrupt_message, "unknown magic"});
    }
    const std::size_t size = kLogOverhead + static_cast<std::size_t>(batch_length);
    if (rest.size() < size) return std::nullopt;
    if (magic < 2) {
        return fail(RecordError{RecordErrorCode::unsupported_for_message_format,
                                "message formats 0 and 1 are not supported"});
    }
    const ByteSpan bytes = rest.first(size);
    const BatchView batch{.header = TRY(parse_batch_header(bytes)), .bytes = bytes};
    position_ += size;
    return batch;
}

}  // namespace gregor::records
