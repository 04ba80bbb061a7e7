// ReplicaManager: appending. Validate (away from the loop if it is much work), append, let the high
// watermark rise, then answer or wait for the other replicas.
#include <algorithm>
#include <utility>

#include "broker/replication/replica_manager.h"
#include "sim/base/planted.h"

namespace gregor::replication {

namespace {

std::optional<records::CompressionCodec> codec_of(const std::string& compression_type) {
    using records::CompressionCodec;
    if (compression_type == "uncompressed") return CompressionCodec::none;
    if (compression_type == "gzip") return CompressionCodec::gzip;
    if (compression_type == "snappy") return CompressionCodec::snappy;
    if (compression_type == "lz4") return CompressionCodec::lz4;
    if (compression_type == "zstd") return CompressionCodec::zstd;
    return std::nullopt;  // "producer"
}

log::AppendOrigin log_origin(records::AppendOrigin origin) {
    switch (origin) {
        case records::AppendOrigin::client: return log::AppendOrigin::client;
        case records::AppendOrigin::coordinator: return log::AppendOrigin::coordinator;
        case records::AppendOrigin::raft_leader: return log::AppendOrigin::raft_leader;
    }
    UNREACHABLE();
}

/// Errors that say something about the records or the broker, not where the records should go or
/// how large they may be. With them Kafka tells the log start, and counts a failed produce request.
bool is_unexpected(ErrorCode error) {
    switch (error) {
        case ErrorCode::unknown_topic_or_partition:
        case ErrorCode::not_leader_or_follower:
        case ErrorCode::message_too_large:
        case ErrorCode::record_list_too_large:
        case ErrorCode::corrupt_message:
        case ErrorCode::kafka_storage_error: return false;
        default: return true;
    }
}

}  // namespace

/// A part after its append: its outcome, and what it still waits for.
struct ReplicaManager::AppendedPart {
    AppendOutcome outcome;
    HostedRef hosted;
    LeaderEpoch epoch;
    Offset required_offset;  // the high watermark that acks=all needs
    bool waits = false;
};

/// A produce request that waits for the high watermark of one partition after the other.
class ReplicaManager::DelayedProduce final : public ParkedRequest {
public:
    DelayedProduce(ReplicaManager& manager, std::vector<AppendedPart> parts, Instant deadline,
                   AppendDone done)
        : manager_(manager),
          parts_(std::move(parts)),
          deadline_(deadline),
          done_(std::move(done)) {}

    void complete(WakeUp why, std::unique_ptr<ParkedRequest>) override {
        if (why == WakeUp::grown || why == WakeUp::disturbed) {
            return manager_.answer_or_park(std::move(parts_), deadline_, std::move(done_));
        }
        // The records are in the log; whether they will stay is not known.
        for (AppendedPart& part : parts_) {
            if (!part.waits) continue;
            const std::optional<ErrorCode> answer =
                part.hosted->state.acknowledgement(part.epoch, part.required_offset);
            part.outcome.error = answer.value_or(ErrorCode::request_timed_out);
        }
        done_(outcomes(std::move(parts_)));
    }

    [[nodiscard]] static std::vector<AppendOutcome> outcomes(std::vector<AppendedPart> parts) {
        std::vector<AppendOutcome> outcomes;
        outcomes.reserve(parts.size());
        for (AppendedPart& part : parts) outcomes.push_back(std::move(part.outcome));
        return outcomes;
    }

private:
    ReplicaManager& manager_;
    std::vector<AppendedPart> parts_;
    Instant deadline_;
    AppendDone done_;
};

bool ReplicaManager::verifies() const {
    return options_.verify_transactions && !PLANTED(b24_hanging_transaction);
}

bool ReplicaManager::begin_verification(AppendPart& part, bool joins) {
    if (!verifies() && !joins) return false;
    const HostedRef hosted = find(part.partition);
    if (hosted == nullptr || hosted->log == nullptr || !hosted->state.is_leader()) return false;
    // Of a batch that was not checked yet: what is wrong with it shows when it is appended.
    const auto header = records::parse_batch_header(part.records);
    if (!header) return false;
    const auto guard = hosted->log->begin_verification(*header);
    part.guard = guard.value_or(0);
    return guard.has_value();
}

void ReplicaManager::append(AppendOrder order, AppendDone done) {
    const Instant deadline = deadline_after(runtime_.clock().now(), order.timeout);
    if (PLANTED(ack_before_append)) {
        done(predict(order));
        done = [](std::vector<AppendOutcome>) {};
    }
    std::vector<AppendedPart> parts;
    parts.reserve(order.parts.size());
    for (const AppendPart& part : order.parts) {
        parts.push_back(append_part(order, part));
        parts.back().waits = order.acks == -1 && parts.back().outcome.error == ErrorCode::none;
    }
    answer_or_park(std::move(parts), deadline, std::move(done));
}

/// Answers when nothing is left to wait for; else waits for the first partition that lags.
void ReplicaManager::answer_or_park(std::vector<AppendedPart> parts, Instant deadline,
                                    AppendDone done) {
    AppendedPart* lagging = nullptr;
    for (AppendedPart& part : parts) {
        if (!part.waits) continue;
        const std::optional<ErrorCode> answer =
            part.hosted->state.acknowledgement(part.epoch, part.required_offset);
        if (answer) {
            part.outcome.error = *answer;
            part.waits = false;
        } else if (lagging == nullptr) {
            lagging = &part;
        }
    }
    if (lagging == nullptr) return done(DelayedProduce::outcomes(std::move(parts)));
    const Watchers& watchers = *lagging->hosted->watchers;
    const std::uint64_t now = watchers.value(Mark::high_watermark);
    ParkOrder park{.need = static_cast<std::uint64_t>(lagging->required_offset.value()) - now,
                   .marks = {{.watchers = lagging->hosted->watchers,
                              .mark = Mark::high_watermark,
                              .base = now}},
                   .deadline = deadline};
    park.request =
        std::make_unique<DelayedProduce>(*this, std::move(parts), deadline, std::move(done));
    purgatory_.park(std::move(park));
}

Result<records::ValidatedBatch, records::Refusal> ReplicaManager::validate(
    const HostedPartition& hosted, const AppendOrder& order, const Bytes& chunk) {
    const LogConfigRef config = hosted.config;  // it may be replaced while we check
    const std::string name = fmt::format("{}", hosted.partition);
    records::ValidationOptions options{
        .origin = order.origin,
        .now_ms = to_epoch_ms(runtime_.clock().wall()),
        .topic_partition = name,
        .timestamp_type = config->message_timestamp_type,
        .timestamp_before_max_ms = config->message_timestamp_before_max_ms,
        .timestamp_after_max_ms = config->message_timestamp_after_max_ms,
        .max_message_bytes = config->max_message_bytes,
        .is_compacted = config->cleanup_compact,
        .compression_type = codec_of(config->compression_type),
        .levels = {.gzip = config->compression_gzip_level,
                   .lz4 = config->compression_lz4_level,
                   .zstd = config->compression_zstd_level},
        .walk_compressed = options_.walk_compressed || config->cleanup_compact,
    };
    const bool is_compressed = [&] {
        const auto header = records::parse_batch_header(chunk);
        return header && header->codec() != records::CompressionCodec::none;
    }();
    const bool is_much_work = is_compressed || options.compression_type.has_value();
    if (!is_much_work || chunk.size() < options_.offload_bytes) {
        options.contexts = &codec_contexts_;  // this thread's
        return records::validate_batch(chunk, options);
    }
    std::optional<Result<records::ValidatedBatch, records::Refusal>> result;
    runtime_.offload([&] { result = records::validate_batch(chunk, options); });
    return *std::move(result);
}

ReplicaManager::AppendedPart ReplicaManager::append_part(const AppendOrder& order,
                                                         const AppendPart& part) {
    AppendedPart appended{.outcome = {.partition = part.partition}};
    AppendOutcome& outcome = appended.outcome;
    metrics::TopicMetrics* counted = &topic_metrics_.others();
    const auto refuse = [&](ErrorCode error) -> AppendedPart {
        outcome.error = error;
        if (!is_unexpected(error)) return std::move(appended);
        counted->failed_produce_requests.add();
        if (appended.hosted != nullptr && appended.hosted->log != nullptr) {
            outcome.log_start_offset = appended.hosted->log->log_start_offset();
        }
        return std::move(appended);
    };
    const bool is_from_client = order.origin == records::AppendOrigin::client;
    if (part.refusal != ErrorCode::none) return refuse(part.refusal);
    if (order.acks < -1 || order.acks > 1) return refuse(ErrorCode::invalid_required_acks);
    if (is_from_client && !order.internal_topics_allowed &&
        is_internal_topic(part.partition.topic)) {
        return refuse(ErrorCode::invalid_topic_exception);
    }
    appended.hosted = find(part.partition);
    if (appended.hosted == nullptr) return refuse(ErrorCode::unknown_topic_or_partition);
    HostedPartition& hosted = *appended.hosted;
    counted = hosted.topic_metrics.get();
    counted->produce_requests.add();
    const ErrorCode early = hosted.state.check_append(order.acks);
    if (early != ErrorCode::none) return refuse(early);

    const auto batch = validate(hosted, order, part.records);
    if (!batch) {
        const auto error = static_cast<ErrorCode>(batch.error().code);
        if (error == ErrorCode::invalid_record || error == ErrorCode::invalid_timestamp) {
            outcome.record_errors = batch.error().record_errors;
            outcome.error_message = batch.error().message;
        }
        return refuse(error);
    }
    // Checking may have taken its time.
    while (hosted.swapping) hosted.appends_done.wait();
    if (hosted.changing) return refuse(ErrorCode::not_leader_or_follower);
    const ErrorCode late = hosted.state.check_append(order.acks);
    if (late != ErrorCode::none) return refuse(late);
    if (order.required_epoch != protocol::kNoLeaderEpoch &&
        order.required_epoch != hosted.state.leader()->epoch) {
        return refuse(ErrorCode::not_leader_or_follower);
    }

    const WriteGuard guard(hosted);
    appended.epoch = hosted.state.leader()->epoch;
    const log::LeaderBatch leader_batch{.header = batch->header, .records = batch->records};
    const auto result =
        hosted.log->append_as_leader({.batches = {&leader_batch, 1},
                                      .leader_epoch = appended.epoch,
                                      .origin = log_origin(order.origin),
                                      .verifies_transactions = verifies(),
                                      .guard = part.guard,
                                      .has_epoch_per_transaction = part.has_epoch_per_transaction});
    if (!result) {
        if (hosted.log->failure()) log_failed(hosted);
        return refuse(result.error());
    }
    outcome.base_offset = result->base_offset;
    outcome.log_start_offset = result->log_start_offset;
    const bool is_append_time =
        batch->header.timestamp_type() == records::TimestampType::log_append_time;
    if (result->duplicate || is_append_time) outcome.log_append_time_ms = result->max_timestamp;
    appended.required_offset = result->last_offset + 1;
    const std::size_t bytes = result->duplicate ? 0 : batch->header.size_in_bytes();
    if (is_from_client && !result->duplicate) {
        counted->messages_in.add(static_cast<std::uint64_t>(batch->header.record_count));
        counted->bytes_in.add(bytes);
    }
    progressed(hosted, bytes);
    return appended;
}

Result<Offset, ErrorCode> ReplicaManager::append_own(const AppendPart& part, LeaderEpoch epoch) {
    const AppendedPart appended = append_part(
        {.origin = records::AppendOrigin::coordinator, .required_epoch = epoch, .parts = {}}, part);
    if (appended.outcome.error != ErrorCode::none) return fail(appended.outcome.error);
    return appended.outcome.base_offset;
}

std::optional<log::VerificationGuard> ReplicaManager::begin_own_verification(
    const TopicPartition& partition, protocol::ProducerId id, protocol::ProducerEpoch epoch,
    bool joins) {
    if (!verifies() && !joins) return std::nullopt;
    const HostedRef hosted = find(partition);
    if (hosted == nullptr || hosted->log == nullptr || !hosted->state.is_leader()) {
        return std::nullopt;
    }
    records::BatchHeader header;
    header.producer_id = id.value();
    header.producer_epoch = epoch.value();
    header.attributes |= records::BatchHeader::kTransactionalBit;
    return hosted->log->begin_verification(header);
}

bool ReplicaManager::is_committed(const OwnAppend& own) const {
    const HostedRef hosted = find(own.partition);
    if (hosted == nullptr || !hosted->state.is_leader()) return false;
    return hosted->state.leader()->epoch == own.epoch &&
           hosted->state.marks().high_watermark >= own.end;
}

void ReplicaManager::await_commit(const OwnAppend& own, Instant deadline, CommitDone done) {
    AppendedPart part{.outcome = {.partition = own.partition},
                      .hosted = find(own.partition),
                      .epoch = own.epoch,
                      .required_offset = own.end,
                      .waits = true};
    if (part.hosted == nullptr) return done(ErrorCode::not_leader_or_follower);
    std::vector<AppendedPart> parts;
    parts.push_back(std::move(part));
    answer_or_park(std::move(parts), deadline,
                   [done = std::move(done)](std::vector<AppendOutcome> outcomes) mutable {
                       done(outcomes.front().error);
                   });
}

/// What the answer would most likely be, for the planted bug that does not wait for it.
std::vector<AppendOutcome> ReplicaManager::predict(const AppendOrder& order) const {
    std::vector<AppendOutcome> outcomes;
    for (const AppendPart& part : order.parts) {
        AppendOutcome outcome{.partition = part.partition};
        const HostedRef hosted = find(part.partition);
        if (hosted == nullptr) {
            outcome.error = ErrorCode::unknown_topic_or_partition;
        } else if ((outcome.error = hosted->state.check_append(order.acks)) == ErrorCode::none) {
            outcome.base_offset = hosted->log->log_end_offset();
            outcome.log_start_offset = hosted->log->log_start_offset();
        }
        outcomes.push_back(std::move(outcome));
    }
    return outcomes;
}

}  // namespace gregor::replication
