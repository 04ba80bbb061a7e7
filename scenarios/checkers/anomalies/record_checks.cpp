#include "scenarios/checkers/anomalies/record_checks.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::scenarios {

// While the history grows. ------------------------------------------------------------------------

Result<void, std::string> RecordChecks::sent(const HistoryEvent& event, const SendEvent& send) {
    const Id partition = tables_.partition(send.partition);
    PartitionState& place = *tables_.partitions[partition];
    if (place.log_end >= 0) {
        return fail(fmt::format("a send to {} behind its end", tables_.name_of(partition)));
    }
    const Id value = tables_.value(send.value);
    ValueState& state = tables_.values[value];
    if (state.is_sent()) return fail(fmt::format("value '{}' is sent twice", send.value));
    const Id producer = tables_.producer(send.producer);
    const bool keeps_timestamp = !tables_.of_partition(partition).log_append_time;
    agree(event.line, state, value, partition, send.key ? tables_.keys.id_of(*send.key) : kNone,
          keeps_timestamp ? send.timestamp : std::nullopt);
    state.partition = partition;
    state.send_line = event.line;
    state.producer = producer;
    state.number = send.number;
    state.result = send.result;
    state.is_tombstone = send.tombstone;
    if (send.transaction) {
        state.transaction = tables_.transaction(producer, *send.transaction);
        place.has_transactions = true;
    }
    place.was_acknowledged |= send.result == Outcome::ok;
    if (send.offset) learn(partition, *send.offset, value, true, event.line);
    return {};
}

Id RecordChecks::read(const HistoryEvent& event, Id partition, bool read_committed,
                      const PolledRecord& record) {
    const Id value = tables_.value(record.value);
    ValueState& state = tables_.values[value];
    agree(event.line, state, value, partition, record.key ? tables_.keys.id_of(*record.key) : kNone,
          record.timestamp);
    if (!state.is_read) state.read_line = event.line;
    state.is_read = true;
    if (read_committed) {
        state.is_read_committed = true;
        state.first_committed_read = std::min(state.first_committed_read, event.ended);
    }
    PartitionState& place = *tables_.partitions[partition];
    place.read_end = std::max(place.read_end, record.offset + 1);
    learn(partition, record.offset, value, false, event.line);
    return value;
}

void RecordChecks::agree(Line line, ValueState& state, Id value, Id partition, Id key,
                         std::optional<std::int64_t> timestamp) {
    const auto changed = [&](std::string_view what) {
        findings_.add(
            Anomaly::changed_record, Excuse::none, {state.send_line, state.read_line, line}, [&] {
                return fmt::format("{}: {} has another {} than before", tables_.name_of(partition),
                                   tables_.text_of(value), what);
            });
    };
    findings_.compared();
    if (state.partition != kNone && state.partition != partition) changed("partition");
    if (state.partition == kNone) state.partition = partition;
    if (key != kNone) {
        if (state.key != kNone && state.key != key) changed("key");
        state.key = key;
    }
    if (timestamp) {
        if (state.timestamp >= 0 && state.timestamp != *timestamp) changed("timestamp");
        state.timestamp = *timestamp;
    }
}

void RecordChecks::learn(Id partition, std::int64_t offset, Id value, bool acknowledged,
                         Line line) {
    findings_.compared();
    Slot& slot = tables_.partitions[partition]->slots.at(offset);
    ValueState& state = tables_.values[value];
    if (slot.value != kNone && slot.value != value) {
        const ValueState& other = tables_.values[slot.value];
        Excuse excuse = excuse_of_loss(tables_.of_partition(partition));
        const auto promises_nothing = [&](const ValueState& of) {
            return excuse == Excuse::none && !tables_.of_producer(of.producer).acks_all;
        };
        // An offset that was only acknowledged, by the leader alone.
        if ((!slot.is_read && promises_nothing(other)) ||
            (acknowledged && promises_nothing(state))) {
            excuse = Excuse::acks;
        }
        findings_.add(Anomaly::inconsistent_offsets, excuse,
                      {line, slot.is_read ? other.read_line : other.send_line}, [&] {
                          return fmt::format(
                              "{}: offset {} held {} and was {} as {}", tables_.name_of(partition),
                              offset, tables_.text_of(slot.value),
                              acknowledged ? "acknowledged" : "read", tables_.text_of(value));
                      });
        if (slot.is_read && acknowledged) return;  // what was read stands there
    }
    if (slot.value != value) slot = {.value = value};
    slot.is_acknowledged |= acknowledged;
    slot.is_read |= !acknowledged;
    if (state.offset < 0) state.offset = offset;
    if (state.offset != offset) repeats_.push_back({offset, value, line});
}

Result<void, std::string> RecordChecks::ended(Line line, const EndEvent& end) {
    PartitionState& place = *tables_.partitions[tables_.partition(end.partition)];
    place.highest_start = std::max(place.highest_start, end.log_start);
    place.log_start = end.log_start;
    place.log_end = end.log_end;
    place.end_line = line;
    if (end.log_start > end.log_end) return fail(std::string("log_start is above log_end"));
    return {};
}

void RecordChecks::deletion(const DeleteRecordsEvent& deletion) {
    if (deletion.result == Outcome::fail) return;
    PartitionState& place = *tables_.partitions[tables_.partition(deletion.partition)];
    place.deletable = std::max(place.deletable, deletion.offset);
}

// What is expected. -------------------------------------------------------------------------------

Fate RecordChecks::fate_of(const ValueState& value) const {
    if (value.result == Outcome::fail) return Fate::aborted;
    if (value.transaction != kNone) return tables_.transactions[value.transaction].fate;
    if (value.result == Outcome::ok || value.is_read) return Fate::committed;
    return Fate::unknown;
}

bool RecordChecks::is_deletable(Id partition, std::int64_t offset) const {
    const PartitionState& place = *tables_.partitions[partition];
    if (offset < place.deletable) return true;
    return tables_.of_partition(partition).retention && offset < place.highest_start;
}

std::optional<Excuse> RecordChecks::excuse_if_lost(Id partition, std::int64_t offset,
                                                   const ValueState& value) const {
    if (!value.is_sent() || fate_of(value) != Fate::committed) return std::nullopt;
    if (value.result != Outcome::ok && !value.is_read) return std::nullopt;
    if (is_deletable(partition, offset)) return Excuse::retention;
    const HistorySettings& topic = tables_.of_partition(partition);
    if (topic.compaction && value.is_tombstone) return Excuse::compaction;
    if (value.is_read) return excuse_of_loss(topic);
    return excuse_of_loss(topic, tables_.of_producer(value.producer));
}

/// Of records with one key only the last has to stay.
void RecordChecks::excuse_compacted(Id partition) {
    HashMap<Id, bool> has_later;
    std::vector<ExpectedRecord>& records = expected_[partition];
    for (std::size_t i = records.size(); i-- > 0;) {
        const Id key = tables_.values[records[i].value].key;
        if (key == kNone) continue;
        if (!has_later.try_emplace(key, true)) records[i].excuse = Excuse::compaction;
    }
}

std::optional<ExpectedRecord> RecordChecks::first_expected(Id partition, std::int64_t from,
                                                           std::int64_t to) const {
    const std::vector<ExpectedRecord>& records = expected_[partition];
    const auto found = std::ranges::lower_bound(records, from, {}, &ExpectedRecord::offset);
    if (found == records.end() || found->offset >= to) return std::nullopt;
    return *found;
}

// The end pass. -----------------------------------------------------------------------------------

void RecordChecks::judge_values() {
    for (std::size_t i = 0; i < tables_.values.size(); ++i) {
        const auto id = static_cast<Id>(i);
        const ValueState& value = tables_.values[i];
        if (!value.is_read) continue;
        findings_.compared();
        if (!value.is_sent()) {
            findings_.add(Anomaly::unsent_value, Excuse::none, {value.read_line}, [&] {
                return fmt::format("{}: offset {} holds {}, which nobody sent",
                                   tables_.name_of(value.partition), value.offset,
                                   tables_.text_of(id));
            });
        } else if (fate_of(value) == Fate::aborted) {
            judge_what_failed(id);
        }
    }
    judge_repeats();
}

void RecordChecks::judge_what_failed(Id id) {
    const ValueState& value = tables_.values[id];
    const bool send_failed = value.result == Outcome::fail;
    const Excuse excuse =
        send_failed || value.is_read_committed ? Excuse::none : Excuse::read_uncommitted;
    std::vector<Line> evidence{value.send_line, value.read_line};
    if (!send_failed) {
        const TransactionState& transaction = tables_.transactions[value.transaction];
        evidence.push_back(std::max(transaction.abort_line, transaction.commit_line));
    }
    const Anomaly anomaly = send_failed ? Anomaly::failed_read : Anomaly::aborted_read;
    findings_.add(anomaly, excuse, std::move(evidence), [&] {
        if (send_failed) {
            return fmt::format("{}: {} stands at offset {}, but its send had failed for good",
                               tables_.name_of(value.partition), tables_.text_of(id), value.offset);
        }
        return fmt::format("{}: {} was read at offset {}, but {} was never committed",
                           tables_.name_of(value.partition), tables_.text_of(id), value.offset,
                           tables_.text_of_transaction(value.transaction));
    });
}

void RecordChecks::judge_repeats() {
    for (const Repeat& repeat : repeats_) {
        const ValueState& value = tables_.values[repeat.value];
        if (!value.is_sent()) continue;
        const Excuse excuse = excuse_of_repeat(tables_.of_partition(value.partition),
                                               tables_.of_producer(value.producer));
        findings_.add(
            Anomaly::duplicate, excuse, {value.send_line, value.read_line, repeat.line}, [&] {
                return fmt::format("{}: {} stands at offset {} and at offset {}",
                                   tables_.name_of(value.partition), tables_.text_of(repeat.value),
                                   value.offset, repeat.offset);
            });
    }
}

void RecordChecks::judge_slots() {
    last_sends_.assign(tables_.producers.size(), {});
    expected_.resize(tables_.partitions.size());
    for (Id partition = 0; partition < tables_.partitions.size(); ++partition) {
        std::uint64_t ordinal = 0;
        tables_.partitions[partition]->slots.each([&](std::int64_t offset, const Slot& slot) {
            const ValueState& value = tables_.values[slot.value];
            // Where it stands for the second time, or does not belong, it counts no more.
            if (!value.is_sent() || value.offset != offset) return;
            if (value.partition != partition) return;
            if (fate_of(value) != Fate::aborted) judge_order(partition, slot.value, ++ordinal);
            if (const auto excuse = excuse_if_lost(partition, offset, value)) {
                expected_[partition].push_back({offset, slot.value, *excuse});
            }
        });
        if (tables_.of_partition(partition).compaction) excuse_compacted(partition);
        judge_outside(partition);
    }
}

void RecordChecks::judge_order(Id partition, Id id, std::uint64_t ordinal) {
    findings_.compared();
    const ValueState& value = tables_.values[id];
    LastSend& last = last_sends_[value.producer];
    if (last.partition == partition && value.number < last.number) {
        const ValueState& before = tables_.values[last.value];
        const bool is_internal =
            value.transaction != kNone && value.transaction == before.transaction;
        const Excuse excuse =
            excuse_of_repeat(tables_.of_partition(partition), tables_.of_producer(value.producer));
        findings_.add(is_internal ? Anomaly::int_nonmonotonic_send : Anomaly::nonmonotonic_send,
                      excuse, {value.send_line, before.send_line}, [&] {
                          return fmt::format(
                              "{}: {} stands behind {} of the same producer, which sent it "
                              "later",
                              tables_.name_of(partition), tables_.text_of(id),
                              tables_.text_of(last.value));
                      });
    }
    last = {.number = value.number, .value = id, .partition = partition};
    if (value.transaction == kNone) return;
    TransactionState& transaction = tables_.transactions[value.transaction];
    if (transaction.last_partition == partition && transaction.last_ordinal + 1 < ordinal) {
        findings_.add(Anomaly::int_send_skip, Excuse::never_promised, {value.send_line}, [&] {
            return fmt::format("{}: others' records stand between those of {}",
                               tables_.name_of(partition),
                               tables_.text_of_transaction(value.transaction));
        });
    }
    transaction.last_partition = partition;
    transaction.last_ordinal = ordinal;
}

/// What a log that was read to its end should hold beyond its bounds.
void RecordChecks::judge_outside(Id partition) {
    const PartitionState& place = *tables_.partitions[partition];
    if (place.log_end < 0) return;
    for (const ExpectedRecord& record : expected_[partition]) {
        findings_.compared();
        if (record.offset >= place.log_start && record.offset < place.log_end) continue;
        lost(record, {place.end_line},
             fmt::format("the log holds {} to {}", place.log_start, place.log_end));
    }
}

void RecordChecks::lost(const ExpectedRecord& record, std::vector<Line> evidence,
                        std::string_view how) {
    ValueState& value = tables_.values[record.value];
    if (value.is_lost) return;
    value.is_lost = true;
    if (value.transaction == kNone) {
        tell_lost(record, std::move(evidence), how);
    } else {
        lost_of_transactions_.push_back({record, evidence.back()});
    }
}

void RecordChecks::tell_lost(const ExpectedRecord& record, std::vector<Line> evidence,
                             std::string_view how) {
    const ValueState& value = tables_.values[record.value];
    evidence.push_back(value.send_line);
    if (value.is_read) evidence.push_back(value.read_line);
    findings_.add(Anomaly::lost_write, record.excuse, std::move(evidence), [&] {
        return fmt::format("{}: {} was {} at offset {} and is lost ({})",
                           tables_.name_of(value.partition), tables_.text_of(record.value),
                           value.result == Outcome::ok ? "acknowledged" : "read", record.offset,
                           how);
    });
}

/// Acknowledged, but nobody knows where it should stand.
void RecordChecks::judge_nowhere(Id id) {
    const ValueState& value = tables_.values[id];
    const PartitionState& place = *tables_.partitions[value.partition];
    auto excuse = excuse_if_lost(value.partition, 0, value);
    if (!excuse) return;
    const bool may_be_compacted = tables_.of_partition(value.partition).compaction;
    if (may_be_compacted && *excuse == Excuse::none) excuse = Excuse::compaction;
    const std::string how = fmt::format("the log holds {} to {}", place.log_start, place.log_end);
    lost({.offset = value.offset, .value = id, .excuse = *excuse}, {place.end_line}, how);
}

void RecordChecks::judge_unseen() {
    struct Unseen {
        std::uint64_t count = 0;
        Id first = kNone;
    };
    std::vector<Unseen> unseen(tables_.partitions.size());
    for (std::size_t i = 0; i < tables_.values.size(); ++i) {
        const ValueState& value = tables_.values[i];
        if (!value.is_sent() || value.is_read || value.is_lost) continue;
        if (value.result != Outcome::ok || fate_of(value) != Fate::committed) continue;
        findings_.compared();
        const PartitionState& place = *tables_.partitions[value.partition];
        if (place.log_end >= 0) {
            if (value.offset < 0) judge_nowhere(static_cast<Id>(i));
            continue;
        }
        Unseen& of = unseen[value.partition];
        if (of.count++ == 0) of.first = static_cast<Id>(i);
    }
    for (Id partition = 0; partition < unseen.size(); ++partition) {
        const Unseen& of = unseen[partition];
        if (of.count == 0) continue;
        findings_.add(Anomaly::unseen, Excuse::none, {tables_.values[of.first].send_line}, [&] {
            return fmt::format("{}: {} acknowledged records were never read, {} is the first",
                               tables_.name_of(partition), of.count, tables_.text_of(of.first));
        });
    }
}

void RecordChecks::judge_torn() {
    for (std::size_t i = 0; i < tables_.values.size(); ++i) {
        const ValueState& value = tables_.values[i];
        if (value.transaction == kNone || !value.is_read || value.is_lost) continue;
        tables_.transactions[value.transaction].visible_value = static_cast<Id>(i);
    }
    for (const auto& [record, line] : lost_of_transactions_) {
        const ValueState& value = tables_.values[record.value];
        const TransactionState& transaction = tables_.transactions[value.transaction];
        if (transaction.visible_value == kNone) {
            tell_lost(record, {line}, tables_.text_of_transaction(value.transaction));
            continue;
        }
        const ValueState& visible = tables_.values[transaction.visible_value];
        findings_.add(Anomaly::torn_transaction, record.excuse,
                      {value.send_line, visible.read_line, transaction.commit_line, line}, [&] {
                          return fmt::format("{}: {} was read in {}, {} is lost from {}",
                                             tables_.text_of_transaction(value.transaction),
                                             tables_.text_of(transaction.visible_value),
                                             tables_.name_of(visible.partition),
                                             tables_.text_of(record.value),
                                             tables_.name_of(value.partition));
                      });
    }
}

}  // namespace gregor::scenarios
