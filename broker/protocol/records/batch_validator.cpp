#include "broker/protocol/records/batch_validator.h"

#include <fmt/format.h>

#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/record_reader.h"
#include "broker/protocol/records/record_skim.h"
#include "sim/base/planted.h"

namespace gregor::records {
namespace {

struct Nothing {};

std::unexpected<Refusal> refuse(RecordErrorCode code, std::string message) {
    return fail(Refusal{.code = code, .message = std::move(message)});
}

std::unexpected<Refusal> refuse(const RecordError& error) {
    return refuse(error.code, std::string(error.message));
}

/// The one whole batch of a chunk.
Result<BatchView, Refusal> only_batch(ByteSpan chunk) {
    BatchReader batches(chunk);
    const auto batch = batches.next();
    if (!batch) {
        if (batch.error().code != RecordErrorCode::unsupported_for_message_format) {
            return refuse(batch.error());
        }
        return refuse(RecordErrorCode::invalid_record,
                      "only record batches of message format 2 are accepted");
    }
    if (!*batch) return refuse(RecordErrorCode::invalid_record, "there is no record batch");
    const auto second = batches.next();
    if (!second) return refuse(second.error());
    if (*second) {
        return refuse(RecordErrorCode::invalid_record, "there is more than one record batch");
    }
    return **batch;
}

Result<Nothing, Refusal> check_offsets_and_flags(const BatchHeader& header) {
    const auto invalid = [](std::string message) {
        return refuse(RecordErrorCode::invalid_record, std::move(message));
    };
    if (std::int64_t{header.last_offset_delta} + 1 != header.record_count) {
        return invalid(fmt::format("a batch of {} records whose last offset delta is {}",
                                   header.record_count, header.last_offset_delta));
    }
    if (header.is_control()) return invalid("clients may not write control records");
    if (header.has_delete_horizon()) return invalid("clients may not set a delete horizon");
    if (header.has_producer_id() && header.base_sequence < 0) {
        return invalid(fmt::format("sequence number {} of producer id {}", header.base_sequence,
                                   header.producer_id));
    }
    if (header.is_transactional() && !header.has_producer_id()) {
        return invalid("a transactional batch without a producer id");
    }
    return Nothing{};
}

Result<Nothing, Refusal> check_header(const BatchView& batch, const ValidationOptions& options) {
    const BatchHeader& header = batch.header;
    const bool is_from_client = options.origin == AppendOrigin::client;
    if (is_from_client && header.base_offset != 0) {
        return refuse(
            RecordErrorCode::invalid_record,
            fmt::format("the base offset of a producer's batch is 0, not {}", header.base_offset));
    }
    if (batch.bytes.size() > static_cast<std::size_t>(options.max_message_bytes)) {
        return refuse(
            RecordErrorCode::message_too_large,
            fmt::format("a batch of {} bytes for {} exceeds the {} of max.message.bytes",
                        batch.bytes.size(), options.topic_partition, options.max_message_bytes));
    }
    if (!batch.has_valid_crc() && !PLANTED(skip_checksum)) {
        return refuse(
            RecordErrorCode::corrupt_message,
            fmt::format("the checksum of a batch for {} does not hold", options.topic_partition));
    }
    if (!header.codec()) {
        return refuse(RecordErrorCode::unsupported_compression_type,
                      "an unknown compression codec");
    }
    if (header.record_count <= 0 || header.last_offset_delta < 0) {
        return refuse(RecordErrorCode::invalid_record,
                      fmt::format("a batch of {} records whose last offset delta is {}",
                                  header.record_count, header.last_offset_delta));
    }
    if (is_from_client) TRY(check_offsets_and_flags(header));
    if (is_from_client && header.timestamp_type() == TimestampType::log_append_time) {
        return refuse(RecordErrorCode::invalid_timestamp,
                      "producers may not set the timestamp type LogAppendTime");
    }
    return Nothing{};
}

/// Walks the records of a batch, collecting what is wrong with each.
class Walk {
public:
    Walk(const BatchView& batch, const ValidationOptions& options)
        : batch_(batch), options_(options) {}

    [[nodiscard]] Result<Nothing, Refusal> run() {
        if (looks_well()) return Nothing{};
        auto reader = batch_.open(options_.max_uncompressed_bytes, options_.contexts);
        if (!reader) return refuse(reader.error());
        while (true) {
            const auto record = reader->next();
            if (!record) return refuse(record.error());
            if (*record == nullptr) break;
            if (!is_offset_in_order(**record)) {
                return refuse(RecordErrorCode::invalid_record,
                              fmt::format("record {} of a batch has the offset delta {}", index_,
                                          (*record)->offset_delta));
            }
            check_record(**record);
            if ((*record)->timestamp > max_timestamp_) {
                max_timestamp_ = (*record)->timestamp;
                delta_of_max_ = (*record)->offset_delta;
            }
            ++index_;
        }
        if (error_count_ > 0) return refuse_records();
        return Nothing{};
    }

    [[nodiscard]] std::int64_t max_timestamp() const { return max_timestamp_; }
    [[nodiscard]] std::int32_t delta_of_max() const { return delta_of_max_; }

private:
    /// True if a quick look shows that every record would pass.
    [[nodiscard]] bool looks_well() {
        if (options_.origin != AppendOrigin::client) return false;
        const auto skimmed = skim_records(batch_.header, batch_.records(),
                                          options_.max_uncompressed_bytes, options_.contexts);
        if (!skimmed || (options_.is_compacted && !skimmed->all_have_keys)) return false;
        if (options_.timestamp_type == TimestampType::create_time &&
            (is_out_of_range(skimmed->min_timestamp) || is_out_of_range(skimmed->max_timestamp))) {
            return false;
        }
        max_timestamp_ = skimmed->max_timestamp;
        delta_of_max_ = skimmed->delta_of_max;
        return true;
    }

    [[nodiscard]] bool is_offset_in_order(const RecordView& record) {
        if (options_.origin == AppendOrigin::client) return record.offset_delta == index_;
        const bool follows = record.offset_delta > last_delta_ &&
                             record.offset_delta <= batch_.header.last_offset_delta;
        last_delta_ = record.offset_delta;
        return follows;
    }

    void check_record(const RecordView& record) {
        if (options_.is_compacted && !record.key && !batch_.header.is_control()) [[unlikely]] {
            add_error(RecordErrorCode::invalid_record,
                      fmt::format("a record without a key for the compacted {}",
                                  options_.topic_partition));
            return;
        }
        if (options_.timestamp_type == TimestampType::create_time &&
            record.timestamp != kNoTimestamp && is_out_of_range(record.timestamp)) [[unlikely]] {
            add_error(RecordErrorCode::invalid_timestamp,
                      fmt::format("timestamp {} is more than {} ms before or {} ms after {}",
                                  record.timestamp, options_.timestamp_before_max_ms,
                                  options_.timestamp_after_max_ms, options_.now_ms));
        }
    }

    [[nodiscard]] bool is_out_of_range(std::int64_t timestamp) const {
        std::int64_t age = 0;  // saturating: both come from outside
        if (__builtin_sub_overflow(options_.now_ms, timestamp, &age)) {
            age = timestamp < 0 ? std::numeric_limits<std::int64_t>::max()
                                : -std::numeric_limits<std::int64_t>::max();
        }
        return age > options_.timestamp_before_max_ms || -age > options_.timestamp_after_max_ms;
    }

    void add_error(RecordErrorCode code, std::string message) {
        ++error_count_;
        if (code == RecordErrorCode::invalid_timestamp) has_invalid_timestamp_ = true;
        if (errors_.size() == kMaxRecordErrors) return;
        errors_.push_back({.batch_index = index_, .message = std::move(message)});
    }

    [[nodiscard]] std::unexpected<Refusal> refuse_records() {
        return fail(Refusal{
            .code = has_invalid_timestamp_ ? RecordErrorCode::invalid_timestamp
                                           : RecordErrorCode::invalid_record,
            .message = fmt::format("{} of {} records are refused; the first: {}", error_count_,
                                   index_, errors_.front().message),
            .record_errors = std::move(errors_),
        });
    }

    const BatchView& batch_;
    const ValidationOptions& options_;
    std::int32_t index_ = 0;
    std::int32_t last_delta_ = -1;
    std::int64_t max_timestamp_ = kNoTimestamp;
    std::int32_t delta_of_max_ = 0;
    std::size_t error_count_ = 0;
    bool has_invalid_timestamp_ = false;
    std::vector<BatchRecordError> errors_;
};

struct StoredRecords {
    BatchHeader header;
    Bytes records;
};

/// The batch's records under the topic's codec; the header follows them.
Result<StoredRecords, Refusal> stored_records(const Bytes& chunk, const BatchView& batch,
                                              const ValidationOptions& options) {
    StoredRecords stored{.header = batch.header, .records = chunk.slice_of(batch.records())};
    const CompressionCodec from = *batch.header.codec();
    const CompressionCodec to = options.compression_type.value_or(from);
    if (from == to || batch.header.is_control()) return stored;
    const auto plain =
        decompress(from, stored.records, options.max_uncompressed_bytes, options.contexts);
    if (!plain) return refuse(plain.error());
    stored.records = compress(to, *plain, options.levels, options.contexts);
    const std::size_t size = kBatchHeaderSize + stored.records.size();
    if (size > static_cast<std::size_t>(options.max_message_bytes)) {
        return refuse(RecordErrorCode::message_too_large,
                      fmt::format("a batch for {} has {} bytes under the topic's codec, {} are "
                                  "allowed",
                                  options.topic_partition, size, options.max_message_bytes));
    }
    stored.header.attributes = static_cast<std::int16_t>(
        (stored.header.attributes & ~BatchHeader::kCodecMask) | static_cast<int>(to));
    stored.header.batch_length = static_cast<std::int32_t>(size - kLogOverhead);
    stored.header.crc = compute_crc(stored.header, stored.records);
    return stored;
}

}  // namespace

Result<ValidatedBatch, Refusal> validate_batch(const Bytes& chunk,
                                               const ValidationOptions& options) {
    const BatchView batch = TRY(only_batch(chunk));
    TRY(check_header(batch, options));

    const bool is_walked =
        options.walk_compressed || batch.header.codec() == CompressionCodec::none;
    std::int64_t max_timestamp = batch.header.max_timestamp;
    std::int32_t delta_of_max = batch.header.last_offset_delta;
    if (is_walked) {
        Walk walk(batch, options);
        TRY(walk.run());
        max_timestamp = walk.max_timestamp();
        delta_of_max = walk.delta_of_max();
    }
    if (options.timestamp_type == TimestampType::log_append_time) {
        max_timestamp = options.now_ms;
        delta_of_max = 0;
    }

    StoredRecords stored = TRY(stored_records(chunk, batch, options));
    stored.header.base_offset = options.base_offset;
    stored.header.partition_leader_epoch = options.partition_leader_epoch;
    const BatchHeader header =
        with_max_timestamp(stored.header, options.timestamp_type, max_timestamp, stored.records);
    return ValidatedBatch{
        .header = header,
        .header_bytes = encode_batch_header(header),
        .records = std::move(stored.records),
        .max_timestamp = max_timestamp,
        .offset_of_max_timestamp = options.base_offset + delta_of_max,
    };
}

}  // namespace gregor::records
