#include "tests/property/log/log_model.h"

#include <algorithm>

#include "broker/log/control_batch.h"

namespace gregor::log::testing {

ModelBatch place(const Bytes& bytes, std::int64_t base_offset, std::int32_t epoch) {
    ModelBatch batch;
    batch.header = *records::parse_batch_header(bytes);
    batch.header.base_offset = base_offset;
    batch.header.partition_leader_epoch = epoch;
    ByteBuffer placed;
    placed.append(records::encode_batch_header(batch.header).span());
    placed.append(bytes.span().subspan(kBatchHeaderSize));
    batch.bytes = std::move(placed).freeze();
    const ByteSpan stored = batch.bytes.span().subspan(kBatchHeaderSize);
    batch.marker = *read_end_transaction_marker(batch.header, stored);
    auto reader = records::RecordReader::open(batch.header, stored, 1 << 20);
    REQUIRE(reader);
    while (true) {
        const auto record = reader->next();
        REQUIRE(record);
        if (*record == nullptr) return batch;
        batch.records.push_back({(*record)->timestamp, Offset((*record)->offset)});
    }
}

void LogModel::add(ModelBatch batch) {
    const std::int32_t epoch = batch.header.partition_leader_epoch;
    if (epochs.empty() || epochs.back().epoch.value() < epoch) assign_epoch(epoch, batch.base());
    end = batch.next();
    batches.push_back(std::move(batch));
}

/// Leaders that wrote nothing leave no entry once another begins where they did.
void LogModel::assign_epoch(std::int32_t epoch, std::int64_t at) {
    if (!epochs.empty() && epochs.back().epoch == LeaderEpoch(epoch)) return;
    while (!epochs.empty() && epochs.back().start_offset >= Offset(at)) epochs.pop_back();
    epochs.push_back({LeaderEpoch(epoch), Offset(at)});
    begun.insert(LeaderEpoch(epoch));
}

namespace {
void cut_epochs(std::vector<EpochEntry>& epochs, std::int64_t end) {
    while (!epochs.empty() && epochs.back().start_offset >= Offset(end)) epochs.pop_back();
}
}  // namespace

void LogModel::truncate_to(std::int64_t offset) {
    if (offset < end) {
        const std::size_t first = find(offset);
        end = first < batches.size() ? std::min(offset, batches[first].base()) : offset;
        if (end < start) return start_anew_at(start);  // that batch held the start, too
        batches.resize(first);
        high_watermark = std::min(high_watermark, end);
        durable = std::min(durable, end);
        offset = end;
    }
    cut_epochs(epochs, offset);
    cut_epochs(durable_epochs, offset);
    epochs_written();
}

void LogModel::start_anew_at(std::int64_t offset) {
    *this = {};
    start = end = high_watermark = durable = offset;
}

void LogModel::advance_start(std::int64_t offset) {
    if (offset <= start) return;
    start = offset;
    high_watermark = std::max(high_watermark, offset);
}

void LogModel::files_gone_below(std::int64_t offset) {
    while (epochs.size() > 1 && epochs[1].start_offset <= Offset(offset)) {
        epochs.erase(epochs.begin());
    }
    if (!epochs.empty() && epochs[0].start_offset < Offset(offset)) {
        epochs[0].start_offset = Offset(offset);
    }
}

void LogModel::flushed() {
    durable = end;
    durable_epochs = epochs;
    epochs_written();
}

void LogModel::epochs_written() {
    begun.clear();
    for (const EpochEntry& entry : epochs) begun.insert(entry.epoch);
}

std::map<std::int64_t, ModelProducer> LogModel::producers() const {
    std::map<std::int64_t, ModelProducer> all;
    for (const ModelBatch& batch : batches) {
        if (!batch.header.has_producer_id()) continue;
        ModelProducer& producer = all[batch.header.producer_id];
        if (producer.epoch != batch.header.producer_epoch) {
            producer.epoch = batch.header.producer_epoch;
            producer.last_sequence = -1;
            producer.recent.clear();
        }
        producer.last_offset = batch.next() - 1;
        if (batch.marker) {
            producer.coordinator_epoch = batch.marker->coordinator_epoch;
            producer.open_since.reset();
            continue;
        }
        producer.last_sequence = batch.header.last_sequence();
        producer.last_data = batch.base();
        producer.recent.push_back(&batch);
        if (producer.recent.size() > kRememberedBatches)
            producer.recent.erase(producer.recent.begin());
        if (batch.header.is_transactional() && !producer.open_since) {
            producer.open_since = batch.base();
        }
    }
    return all;
}

std::vector<ModelTransaction> LogModel::transactions() const {
    std::vector<ModelTransaction> all;
    for (const ModelBatch& batch : batches) {
        if (!batch.header.is_transactional()) continue;
        const std::int64_t id = batch.header.producer_id;
        const auto open = std::find_if(all.begin(), all.end(), [id](const auto& transaction) {
            return transaction.producer_id == id && !transaction.marker;
        });
        if (!batch.marker) {
            if (open == all.end()) all.push_back({.producer_id = id, .first = batch.base()});
        } else if (open != all.end()) {
            open->marker = batch.base();
            open->aborted = batch.marker->type == MarkerType::abort;
        }
    }
    return all;
}

std::size_t LogModel::find(std::int64_t offset) const {
    std::size_t at = 0;
    while (at < batches.size() && batches[at].next() <= offset) ++at;
    return at;
}

std::optional<TimestampOffset> LogModel::offset_for_time(std::int64_t timestamp) const {
    for (std::size_t i = find(start); i < batches.size(); ++i) {
        for (const TimestampOffset& record : batches[i].records) {
            if (record.offset >= Offset(start) && record.timestamp >= timestamp) return record;
        }
    }
    return std::nullopt;
}

std::optional<TimestampOffset> LogModel::offset_of_max_timestamp() const {
    std::optional<TimestampOffset> largest;
    for (std::size_t i = find(start); i < batches.size(); ++i) {
        for (const TimestampOffset& record : batches[i].records) {
            if (record.offset < Offset(start)) continue;
            if (!largest || record.timestamp > largest->timestamp) largest = record;
        }
    }
    return largest;
}

EpochEnd LogModel::end_offset_for_epoch(std::int32_t epoch) const {
    if (epochs.empty() || epoch < 0 || LeaderEpoch(epoch) > epochs.back().epoch) return {};
    std::size_t later = 0;
    while (later < epochs.size() && epochs[later].epoch <= LeaderEpoch(epoch)) ++later;
    if (later == epochs.size()) return {epochs.back().epoch, Offset(end)};
    if (later == 0) return {LeaderEpoch(epoch), epochs[0].start_offset};
    return {epochs[later - 1].epoch, epochs[later].start_offset};
}

std::int64_t LogModel::end_of_batches() const {
    return batches.empty() ? start : std::max(start, batches.back().next());
}

}  // namespace gregor::log::testing
