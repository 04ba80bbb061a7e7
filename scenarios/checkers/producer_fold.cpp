#include "scenarios/checkers/producer_fold.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace gregor::scenarios {

namespace {

std::string text_of(const std::optional<Offset>& offset) {
    return offset ? fmt::format("open since {}", *offset) : "none open";
}

}  // namespace

void ProducerFold::follow(const SeenLog& log, Offset end) {
    keep(log.unchanged);
    const bool is_anew = followed_ == 0;
    if (is_anew) {
        begin_ = log.batches.empty() ? end : log.batches.front().base_offset;
    }
    for (; followed_ < log.batches.size(); ++followed_) take(log.batches[followed_], is_anew);
}

void ProducerFold::take(const SeenBatch& batch, bool is_anew) {
    const SeenWriter& writer = batch.writer;
    if (writer.kind == SeenWriter::Kind::nobody) return;
    Producer& producer = producers_[writer.producer_id];
    due_.insert(writer.producer_id);
    if (producer.epoch != writer.producer_epoch) producer.last_batch.reset();
    producer.epoch = writer.producer_epoch;
    if (writer.kind == SeenWriter::Kind::marker) {
        producer.coordinator_epoch = writer.coordinator_epoch;
        if (!producer.open_since) return;
        open_.erase(*producer.open_since);
        if (!is_anew) {
            decided_.push_back({.first = *producer.open_since, .marker = batch.base_offset});
        }
        producer.open_since.reset();
        return;
    }
    producer.last_batch = {.last_sequence = writer.last_sequence, .last_offset = batch.last_offset};
    if (writer.kind == SeenWriter::Kind::transactional && !producer.open_since) {
        producer.open_since = batch.base_offset;
        open_.insert(batch.base_offset);
    }
}

std::optional<Offset> ProducerFold::first_unstable(Offset high_watermark) {
    std::erase_if(decided_, [&](const Decided& each) { return each.marker < high_watermark; });
    std::optional<Offset> first;
    if (!open_.empty()) first = *open_.begin();
    for (const Decided& each : decided_) first = std::min(first.value_or(each.first), each.first);
    return first;
}

std::optional<std::string> ProducerFold::find_difference(const log::ProducerState& state,
                                                         bool may_forget) {
    std::string wrong;
    for (const protocol::ProducerId id : due_) {
        const log::ProducerEntry* entry = state.find(id);
        if (entry == nullptr && may_forget) continue;
        wrong =
            entry == nullptr ? "it is not known" : compare(producers_.at(id), *entry, may_forget);
        if (!wrong.empty()) return fmt::format("producer {}: {}", id, wrong);
    }
    due_.clear();
    if (!std::exchange(all_due_, false)) return std::nullopt;
    for (const auto& [id, entry] : state.entries()) {
        if (!producers_.contains(id)) wrong = judge_unknown(entry);
        if (!wrong.empty()) return fmt::format("producer {}: {}", id, wrong);
    }
    return std::nullopt;
}

std::string ProducerFold::compare(const Producer& told, const log::ProducerEntry& entry,
                                  bool may_forget) const {
    if (entry.producer_epoch != told.epoch) {
        return fmt::format("epoch {}, the log says {}", entry.producer_epoch, told.epoch);
    }
    const bool has_batch = !entry.batches.empty();
    if (told.last_batch && (!has_batch || entry.last_sequence() != told.last_batch->last_sequence ||
                            entry.batches.back().last_offset != told.last_batch->last_offset)) {
        return fmt::format("last sequence number {}, the log says {} at {}", entry.last_sequence(),
                           told.last_batch->last_sequence, told.last_batch->last_offset);
    }
    if (!told.last_batch && has_batch && entry.batches.back().last_offset >= begin_) {
        return fmt::format("a batch at {} that the log does not have in epoch {}",
                           entry.batches.back().last_offset, told.epoch);
    }
    const bool is_forgotten = may_forget && entry.coordinator_epoch < 0;
    if (told.coordinator_epoch && entry.coordinator_epoch != *told.coordinator_epoch &&
        !is_forgotten) {
        return fmt::format("coordinator epoch {}, the last marker's is {}", entry.coordinator_epoch,
                           *told.coordinator_epoch);
    }
    const bool may_be_older = !is_whole() && !told.coordinator_epoch &&
                              entry.current_txn_first_offset &&
                              *entry.current_txn_first_offset < begin_;
    if (entry.current_txn_first_offset != told.open_since && !may_be_older) {
        return fmt::format("transaction {}, the log says {}",
                           text_of(entry.current_txn_first_offset), text_of(told.open_since));
    }
    return "";
}

std::string ProducerFold::judge_unknown(const log::ProducerEntry& entry) const {
    if (is_whole()) return "it has written nothing that is in the log";
    const bool is_beyond = !entry.batches.empty() && entry.batches.back().last_offset >= begin_;
    if (is_beyond || entry.current_txn_first_offset >= begin_) {
        return fmt::format("it has written nothing from {} on", begin_);
    }
    return "";
}

}  // namespace gregor::scenarios
