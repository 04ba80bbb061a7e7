#include "broker/drivers/coordinator_log.h"

#include <fmt/format.h>

#include "broker/log/control_batch.h"
#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/control_record.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::drivers {
namespace {

using coordinator::CoordinatorRecord;
using protocol::Offset;
using Replayed = Result<void, std::string>;

/// As much as Kafka's clients could ever have sent, and more than a coordinator writes.
constexpr std::size_t kMaxUncompressedBytes = std::size_t{256} << 20;

Replayed replay_control_batch(const records::BatchView& batch, const LogReplay& replay) {
    const auto marker = log::read_end_transaction_marker(batch.header, batch.records());
    if (!marker) return fail(std::string("a control record does not parse"));
    if (!*marker) return {};
    replay.end_transaction(protocol::ProducerId(batch.header.producer_id),
                           (*marker)->type == log::MarkerType::commit);
    return {};
}

Replayed replay_batch(const records::BatchView& batch, const LogReplay& replay) {
    if (batch.header.is_control()) return replay_control_batch(batch, replay);
    auto reader = batch.open(kMaxUncompressedBytes);
    if (!reader) return fail(std::string("a batch cannot be opened"));
    const protocol::ProducerId producer_id(
        batch.header.is_transactional() ? batch.header.producer_id : records::kNoProducerId);
    for (;;) {
        const auto next = reader->next();
        if (!next) return fail(std::string("a record does not parse"));
        const records::RecordView* view = *next;
        if (view == nullptr) return {};
        if (!view->key) continue;  // nothing that a coordinator wrote
        CoordinatorRecord record{.key = Bytes::copy_of(*view->key), .value = std::nullopt};
        if (view->value) record.value = Bytes::copy_of(*view->value);
        TRY(replay.record({.offset = Offset(view->offset), .producer_id = producer_id}, record));
    }
}

Result<Bytes, std::string> read_chunk(log::Log& log, Offset from, std::int32_t chunk_bytes) {
    const auto read =
        log.read({.offset = from, .max_bytes = chunk_bytes, .upper_bound = log.log_end_offset()});
    if (!read) return fail(fmt::format("offset {}: {}", from, read.error()));
    if (read->records.file == nullptr) return Bytes();
    auto bytes = read->records.file->read(read->records.position, read->records.size);
    if (!bytes) return fail(fmt::format("offset {}: {}", from, name(bytes.error())));
    return *std::move(bytes);
}

}  // namespace

Result<Offset, std::string> replay_log(log::Log& log, std::int32_t chunk_bytes,
                                       const LogReplay& replay) {
    Offset at = log.log_start_offset();
    bool is_first = true;
    while (at < log.log_end_offset() && !replay.is_cancelled()) {
        const Bytes chunk = TRY(read_chunk(log, at, chunk_bytes));
        if (!is_first) PROBE("a coordinator's log was loaded in several chunks");
        const bool skips = PLANTED(b31_load_keeps_first) && !is_first;
        is_first = false;
        records::BatchReader batches(chunk);
        const Offset from = at;
        for (;;) {
            const auto batch = batches.next();
            if (!batch) return fail(fmt::format("offset {}: a batch does not parse", at));
            if (!*batch) break;
            if (!skips) {
                if (auto taken = replay_batch(**batch, replay); !taken) {
                    return fail(fmt::format("offset {}: {}", at, taken.error()));
                }
            }
            at = Offset((*batch)->header.next_offset());
        }
        // What compaction leaves may end below the log's end.
        if (at == from) return log.log_end_offset();
    }
    return at;
}

Bytes build_marker(const coordinator::TransactionEnd& end, std::int64_t timestamp_ms) {
    return records::build_marker_batch(
        {.marker = {.type = end.commit ? records::ControlRecordType::commit
                                       : records::ControlRecordType::abort,
                    .coordinator_epoch = end.coordinator_epoch},
         .producer_id = end.producer_id.value(),
         .producer_epoch = end.producer_epoch.value(),
         .timestamp = timestamp_ms});
}

Bytes build_batch(const std::vector<CoordinatorRecord>& records, std::int64_t timestamp_ms,
                  const std::optional<coordinator::RecordsTransaction>& transaction) {
    records::BatchOptions options;
    if (transaction) {
        options.producer_id = transaction->producer_id.value();
        options.producer_epoch = transaction->producer_epoch.value();
        options.is_transactional = true;
    }
    records::BatchBuilder builder(options);
    for (const CoordinatorRecord& record : records) {
        records::RecordInput input{.timestamp = timestamp_ms, .key = record.key.span()};
        if (record.value) input.value = record.value->span();
        builder.append(input);
    }
    return std::move(builder).build();
}

}  // namespace gregor::drivers
