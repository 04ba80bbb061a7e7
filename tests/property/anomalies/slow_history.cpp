#include "tests/property/anomalies/slow_history.h"

#include <algorithm>
#include <set>

namespace gregor::scenarios {

// Values. -----------------------------------------------------------------------------------------

std::vector<std::string> SlowHistory::values() const {
    std::set<std::string> found;
    for (const Operation& each : all_) {
        if (each.kind == Kind::send) found.insert(each.value);
        for (const auto& [offset, value] : each.records) found.insert(value);
    }
    return {found.begin(), found.end()};
}

const Operation* SlowHistory::send_of(const std::string& value) const {
    for (const Operation& each : all_) {
        if (each.kind == Kind::send && each.value == value) return &each;
    }
    return nullptr;
}

void SlowHistory::each_read(
    const std::function<void(const Operation&, std::int64_t, const std::string&)>& take) const {
    for (const Operation& each : all_) {
        for (const auto& [offset, value] : each.records) take(each, offset, value);
    }
}

bool SlowHistory::is_read(const std::string& value, bool by_committed) const {
    bool found = false;
    each_read([&](const Operation& poll, std::int64_t, const std::string& read) {
        found |= read == value && !(by_committed && poll.client == kUncommittedConsumer);
    });
    return found;
}

SlowHistory::Fate SlowHistory::fate_of(const std::string& value) const {
    const Operation* send = send_of(value);
    if (send == nullptr) return Fate::unknown;
    if (send->result == 'f') return Fate::aborted;
    if (send->transaction > 0) return fate_of(transaction_of(*send));
    return send->result == 'o' || is_read(value) ? Fate::committed : Fate::unknown;
}

bool SlowHistory::may_be_lost(const std::string& value) const {
    if (configuration_.unclean) return true;
    return !configuration_.acks_all && !is_read(value);
}

// Offsets. ----------------------------------------------------------------------------------------

std::vector<SlowHistory::Evidence> SlowHistory::evidence() const {
    std::vector<Evidence> found;
    for (const Operation& each : all_) {
        if (each.kind == Kind::send && each.offset >= 0) {
            found.push_back({each.partition, each.offset, each.value, false});
        }
        for (const auto& [offset, value] : each.records) {
            found.push_back({each.partition, offset, value, true});
        }
    }
    return found;
}

std::string SlowHistory::at(int partition, std::int64_t offset) const {
    std::string read;
    std::string told;
    for (const Evidence& each : evidence()) {
        if (each.partition != partition || each.offset != offset) continue;
        (each.is_read ? read : told) = each.value;
    }
    return read.empty() ? told : read;
}

std::optional<std::int64_t> SlowHistory::place_of(const std::string& value) const {
    const Operation* send = send_of(value);
    for (const Evidence& each : evidence()) {
        if (each.value != value) continue;
        const bool is_there = send != nullptr && send->partition == each.partition &&
                              at(each.partition, each.offset) == value;
        return is_there ? std::optional(each.offset) : std::nullopt;
    }
    return std::nullopt;
}

bool SlowHistory::is_due(const std::string& value) const {
    const Operation* send = send_of(value);
    if (send == nullptr || fate_of(value) != Fate::committed) return false;
    return send->result == 'o' || is_read(value);
}

std::vector<std::string> SlowHistory::due(int partition, std::int64_t from, std::int64_t to) const {
    std::vector<std::string> found;
    for (const std::string& value : values()) {
        const auto place = place_of(value);
        if (!place || *place < from || *place >= to) continue;
        if (send_of(value)->partition == partition && is_due(value)) found.push_back(value);
    }
    return found;
}

// Transactions. -----------------------------------------------------------------------------------

std::vector<SlowHistory::Transaction> SlowHistory::transactions() const {
    std::set<Transaction> found;
    for (const Operation& each : all_) {
        if (each.transaction > 0) found.insert(transaction_of(each));
    }
    return {found.begin(), found.end()};
}

const Operation* SlowHistory::first_commit(Transaction transaction) const {
    for (const Operation& each : all_) {
        if (each.kind == Kind::commit && transaction_of(each) == transaction) return &each;
    }
    return nullptr;
}

bool SlowHistory::ended_as(Transaction transaction, Kind kind, char result) const {
    return std::ranges::any_of(all_, [&](const Operation& each) {
        return each.kind == kind && each.result == result && transaction_of(each) == transaction;
    });
}

SlowHistory::Fate SlowHistory::fate_of(Transaction transaction) const {
    if (ended_as(transaction, Kind::commit, 'o')) return Fate::committed;
    if (ended_as(transaction, Kind::abort, 'o')) return Fate::aborted;
    if (!ended_as(transaction, Kind::commit, 'u')) return Fate::aborted;
    for (const Operation& each : all_) {
        const bool is_of =
            each.kind == Kind::send && each.transaction > 0 && transaction_of(each) == transaction;
        if (is_of && is_read(each.value, true)) return Fate::committed;
    }
    return Fate::unknown;
}

}  // namespace gregor::scenarios
