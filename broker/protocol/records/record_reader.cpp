#include "broker/protocol/records/record_reader.h"

#include <cstring>

namespace gregor::records {
namespace {

constexpr RecordError kInvalidStructure{RecordErrorCode::invalid_record,
                                        "the structure of a record is invalid"};

std::int64_t add(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

std::string_view as_text(ByteSpan bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Bytes with their varint length in front; any negative length is null.
std::optional<ByteSpan> read_nullable(ByteCursor& cursor) {
    const std::int32_t size = cursor.varint();
    if (size < 0) return std::nullopt;
    return cursor.bytes(size);
}

/// Skips `count` headers; a failure is left in the cursor.
void skip_headers(ByteCursor& cursor, std::int32_t count) {
    for (std::int32_t i = 0; i < count && !cursor.failed(); ++i) {
        (void)cursor.bytes(cursor.varint());
        (void)read_nullable(cursor);
    }
}

}  // namespace

RecordHeader RecordHeaders::read_one(ByteCursor& cursor) {
    const ByteSpan key = cursor.bytes(cursor.varint());
    return {.key = as_text(key), .value = read_nullable(cursor)};
}

RecordReader::RecordReader(const BatchHeader& header, ByteSpan records,
                           std::unique_ptr<Decompressor> source)
    : header_(header),
      remaining_(header.record_count),
      window_(source == nullptr ? records : ByteSpan{}),
      source_(std::move(source)),
      source_ended_(source_ == nullptr) {}

Result<RecordReader, RecordError> RecordReader::open(const BatchHeader& header, ByteSpan records,
                                                     std::size_t max_uncompressed_bytes,
                                                     CodecContexts* contexts) {
    if (header.record_count < 0) {
        return fail(RecordError{RecordErrorCode::invalid_record, "a negative number of records"});
    }
    const std::optional<CompressionCodec> codec = header.codec();
    if (!codec) {
        return fail(RecordError{RecordErrorCode::unsupported_compression_type,
                                "an unknown compression codec"});
    }
    if (*codec == CompressionCodec::none) return RecordReader(header, records, nullptr);
    return RecordReader(header, records,
                        open_decompressor(*codec, records, max_uncompressed_bytes, contexts));
}

Result<const RecordView*, RecordError> RecordReader::next() {
    if (remaining_ == 0) return nullptr;
    auto record = read_record();
    if (!record) {
        remaining_ = 0;
        return record;
    }
    --remaining_;
    if (remaining_ == 0) {
        // A damaged end of the stream shows here, as does a count too low: the last record is
        // withheld.
        if (TRY(fill(1)) > 0) {
            return fail(RecordError{RecordErrorCode::invalid_record,
                                    "bytes after the last record of a batch"});
        }
    }
    return record;
}

Result<const RecordView*, RecordError> RecordReader::read_record() {
    if (TRY(fill(kMaxVarintBytes)) == 0) {
        return fail(RecordError{RecordErrorCode::invalid_record,
                                "a batch has fewer records than it declares"});
    }
    ByteCursor length(window_);
    const std::int32_t body_size = length.varint();
    if (length.failed() || body_size < 0) return fail(kInvalidStructure);
    const std::size_t prefix_size = window_.size() - length.remaining();
    const std::size_t size = prefix_size + static_cast<std::size_t>(body_size);
    if (TRY(fill(size)) < size) {
        return fail(RecordError{RecordErrorCode::invalid_record,
                                "a record claims more bytes than its batch has"});
    }

    ByteCursor body(window_.subspan(prefix_size, static_cast<std::size_t>(body_size)));
    view_.size_in_bytes = static_cast<std::int32_t>(size);
    view_.attributes = static_cast<std::int8_t>(body.byte());
    view_.timestamp = add(header_.base_timestamp, body.varlong());
    if (header_.timestamp_type() == TimestampType::log_append_time) {
        view_.timestamp = header_.max_timestamp;
    }
    view_.offset_delta = body.varint();
    view_.offset = add(header_.base_offset, view_.offset_delta);
    view_.sequence = header_.base_sequence < 0
                         ? kNoSequence
                         : increment_sequence(header_.base_sequence, view_.offset_delta);
    view_.key = read_nullable(body);
    view_.value = read_nullable(body);
    const std::int32_t header_count = body.varint();
    const ByteSpan headers = body.rest();
    if (header_count < 0) return fail(kInvalidStructure);
    skip_headers(body, header_count);
    if (body.failed() || body.remaining() > 0) return fail(kInvalidStructure);
    view_.headers = RecordHeaders(header_count, headers);

    window_ = window_.subspan(size);
    return &view_;
}

Result<std::size_t, RecordError> RecordReader::fill(std::size_t wanted) {
    while (window_.size() < wanted && !source_ended_) {
        keep_window();
        const ByteSpan chunk = TRY(source_->next());
        if (chunk.empty()) {
            source_ended_ = true;
        } else if (window_.empty()) {
            window_ = chunk;
        } else {
            kept_.append(chunk);
            window_ = kept_.span();
        }
    }
    return window_.size();
}

/// Moves the window to the front of kept_, as the next chunk overwrites the one before.
void RecordReader::keep_window() {
    if (window_.empty()) {
        kept_.clear();
        return;
    }
    const bool is_kept =
        window_.data() >= kept_.data() && window_.data() < kept_.data() + kept_.size();
    if (is_kept) {
        std::memmove(kept_.data(), window_.data(), window_.size());
        kept_.resize(window_.size());
    } else {
        kept_.clear();
        kept_.append(window_);
    }
    window_ = kept_.span();
}

}  // namespace gregor::records
