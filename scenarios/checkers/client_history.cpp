#include "scenarios/checkers/client_history.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string_view>
#include <utility>

#include "scenarios/checkers/partition_history.h"

namespace gregor::scenarios {
namespace {

/// The producer of values that nobody sent.
constexpr std::uint32_t kNobody = (1U << 24) - 1;
constexpr std::uint64_t kMostNumbers = std::uint64_t{1} << 40;

std::string name_of(const HistoryPartition& partition) {
    return fmt::format("{}-{}", partition.topic, partition.partition);
}

class ClientHistory {
public:
    explicit ClientHistory(const HistoryHead& head) : head_(head) {}

    [[nodiscard]] Result<HistoryVerdict, std::string> judge(const HistoryFile& file);

private:
    struct Partition;
    struct Reader {
        std::optional<std::int64_t> position;  // not known before the first seek or read
        std::vector<std::pair<std::int64_t, ValueId>> since_seek;
    };

    [[nodiscard]] bool keeps_acknowledged() const {
        return head_.acks_all && !head_.unclean_elections;
    }
    [[nodiscard]] bool keeps_read() const { return !head_.unclean_elections; }
    [[nodiscard]] bool is_exactly_once() const {
        return head_.idempotence && !head_.unclean_elections;
    }

    [[nodiscard]] Result<void, std::string> announce(const HistoryFile& file);
    [[nodiscard]] Result<void, std::string> announce(const SendEvent& send);
    void note_place(const HistoryPartition& partition, const std::string& value,
                    std::int64_t offset);
    void excuse_repeats();

    [[nodiscard]] Result<void, std::string> take(const SendEvent& send);
    [[nodiscard]] Result<void, std::string> take(const SeekEvent& seek);
    [[nodiscard]] Result<void, std::string> take(const ReadEvent& read);
    [[nodiscard]] Result<void, std::string> take(const EndEvent& end);

    [[nodiscard]] Partition& at(const HistoryPartition& name);
    [[nodiscard]] Reader& reader(const HistoryPartition& partition, const std::string& consumer) {
        return readers_[{partition, consumer}];
    }
    /// Of a value that nobody sent, too.
    [[nodiscard]] ValueId id_of(const std::string& value);
    [[nodiscard]] HistoryVerdict verdict() const;
    [[nodiscard]] std::string shortfall() const;

    HistoryHead head_;
    std::size_t line_ = 0;  // of the event at hand
    std::map<HistoryPartition, std::unique_ptr<Partition>> partitions_;
    std::map<std::pair<HistoryPartition, std::string>, Reader> readers_;
    std::map<std::string, std::uint32_t, std::less<>> producers_;
    std::map<std::string, ValueId, std::less<>> ids_;
    std::map<ValueId, std::string> values_;
    /// Where each value was said to stand.
    std::map<std::pair<HistoryPartition, ValueId>, std::set<std::int64_t>> places_;
    std::uint64_t never_sent_ = 0;
    HistoryVerdict counted_;
};

/// A partition's history, and the line at which it was first violated.
struct ClientHistory::Partition {
    Partition(const ClientHistory& of, const HistoryPartition& partition)
        : judge([] { return Instant{}; }, [this, &of] { violated_at = of.line_; }),
          history(judge, {.name = name_of(partition), .value_text = [&of](ValueId value) {
                              return fmt::format("'{}'", of.values_.at(value));
                          }}) {}

    Judge judge;
    PartitionHistory history;
    std::size_t violated_at = 0;
    bool was_acknowledged = false;
    bool was_read_to_end = false;
};

Result<HistoryVerdict, std::string> ClientHistory::judge(const HistoryFile& file) {
    TRY(announce(file));
    excuse_repeats();
    for (const HistoryLine& each : file.lines) {
        line_ = each.line;
        const auto taken =
            std::visit([this](const auto& event) { return take(event); }, each.event);
        if (!taken) return fail(fmt::format("line {}: {}", each.line, taken.error()));
    }
    return verdict();
}

// Before anything is judged: what was sent, as a read may stand before the answer. ----------------

Result<void, std::string> ClientHistory::announce(const HistoryFile& file) {
    for (const HistoryLine& each : file.lines) {
        if (const auto* send = std::get_if<SendEvent>(&each.event)) {
            if (const auto announced = announce(*send); !announced) {
                return fail(fmt::format("line {}: {}", each.line, announced.error()));
            }
        } else if (const auto* end = std::get_if<EndEvent>(&each.event); end && head_.retention) {
            PartitionHistory& history = at(end->partition).history;
            history.deletion_asked(end->log_start);
            history.deleted_up_to(end->log_start);
        }
    }
    for (const HistoryLine& each : file.lines) {
        if (const auto* send = std::get_if<SendEvent>(&each.event)) {
            if (send->offset) note_place(send->partition, send->value, *send->offset);
        } else if (const auto* read = std::get_if<ReadEvent>(&each.event)) {
            note_place(read->partition, read->value, read->offset);
        }
    }
    return {};
}

Result<void, std::string> ClientHistory::announce(const SendEvent& send) {
    const auto [producer, is_new] =
        producers_.try_emplace(send.producer, static_cast<std::uint32_t>(producers_.size()));
    if (producer->second >= kNobody) return fail(std::string("too many producers"));
    if (send.number >= kMostNumbers) {
        return fail(fmt::format("number {} is above {}", send.number, kMostNumbers - 1));
    }
    const ValueId id = value_id(producer->second, send.number);
    if (!ids_.try_emplace(send.value, id).second) {
        return fail(fmt::format("value '{}' is sent twice", send.value));
    }
    if (!values_.try_emplace(id, send.value).second) {
        return fail(fmt::format("{} sends number {} twice", send.producer, send.number));
    }
    at(send.partition).history.sent(id, is_exactly_once());
    return {};
}

void ClientHistory::note_place(const HistoryPartition& partition, const std::string& value,
                               std::int64_t offset) {
    places_[{partition, id_of(value)}].insert(offset);
}

/// A producer that is not idempotent sends again what may have been written; what an unclean leader
/// lacks is written again.
void ClientHistory::excuse_repeats() {
    if (is_exactly_once()) return;
    for (const auto& [place, offsets] : places_) {
        const auto& [partition, value] = place;
        if (producer_of(value) == kNobody) continue;
        for (std::size_t i = 1; i < offsets.size(); ++i) at(partition).history.may_repeat(value);
    }
}

// The events, in the order of the file. -----------------------------------------------------------

Result<void, std::string> ClientHistory::take(const SendEvent& send) {
    ++counted_.sends[send.result];
    Partition& partition = at(send.partition);
    if (partition.was_read_to_end) {
        return fail(fmt::format("a send to {} behind its end", name_of(send.partition)));
    }
    const ValueId id = id_of(send.value);
    if (send.result == SendResult::fail) partition.history.failed(id);
    if (send.result != SendResult::ok) return {};
    partition.was_acknowledged = true;
    if (!keeps_acknowledged()) return {};
    if (send.offset) {
        partition.history.acknowledged(id, *send.offset, partition.history.losses());
    } else {
        partition.history.acknowledged_somewhere(id);
    }
    return {};
}

Result<void, std::string> ClientHistory::take(const SeekEvent& seek) {
    reader(seek.partition, seek.consumer) = {.position = seek.offset};
    return {};
}

Result<void, std::string> ClientHistory::take(const ReadEvent& read) {
    ++counted_.reads;
    Reader& by = reader(read.partition, read.consumer);
    const ValueId id = id_of(read.value);
    if (keeps_read()) {
        at(read.partition)
            .history.read(by.position.value_or(read.offset), read.offset, id, Known{});
    }
    by.position = read.offset + 1;
    by.since_seek.emplace_back(read.offset, id);
    return {};
}

Result<void, std::string> ClientHistory::take(const EndEvent& end) {
    Partition& partition = at(end.partition);
    const Reader& by = reader(end.partition, end.consumer);
    partition.was_read_to_end = true;
    const bool got_any = !by.since_seek.empty();
    const std::int64_t first = got_any ? by.since_seek.front().first : end.log_start;
    const std::int64_t reached = got_any ? by.since_seek.back().first + 1 : end.log_start;
    if (first > end.log_start || reached < end.log_end) {
        partition.judge.violated(
            "H7", "{}: {} got offsets {} to {}, but the log goes from {} to {}",
            name_of(end.partition), end.consumer, first, reached, end.log_start, end.log_end);
    }
    partition.history.begin_drain();
    for (const auto& [offset, value] : by.since_seek) partition.history.drained(offset, value, 0);
    partition.history.end_drain(end.log_start, end.log_end);
    return {};
}

ClientHistory::Partition& ClientHistory::at(const HistoryPartition& name) {
    std::unique_ptr<Partition>& partition = partitions_[name];
    if (partition == nullptr) partition = std::make_unique<Partition>(*this, name);
    return *partition;
}

ValueId ClientHistory::id_of(const std::string& value) {
    const auto found = ids_.find(value);
    if (found != ids_.end()) return found->second;
    const ValueId id = value_id(kNobody, never_sent_++);
    ids_.emplace(value, id);
    values_.emplace(id, value);
    return id;
}

// The verdict. ------------------------------------------------------------------------------------

HistoryVerdict ClientHistory::verdict() const {
    HistoryVerdict verdict = counted_;
    verdict.partitions = partitions_.size();
    for (const auto& [name, partition] : partitions_) {
        verdict.comparisons += partition->judge.comparisons();
        const auto& violation = partition->judge.violation();
        if (!violation) continue;
        verdict.violations.push_back({.invariant = violation->invariant,
                                      .message = violation->message,
                                      .line = partition->violated_at});
    }
    std::ranges::sort(verdict.violations, {}, &HistoryVerdict::Violation::line);
    if (verdict.violations.empty()) verdict.shortfall = shortfall();
    return verdict;
}

std::string ClientHistory::shortfall() const {
    if (!counted_.sends.contains(SendResult::ok)) return "nothing was acknowledged";
    if (counted_.reads == 0) return "nothing was read";
    for (const auto& [name, partition] : partitions_) {
        if (partition->was_acknowledged && !partition->was_read_to_end) {
            return fmt::format("{} was not read to its end: nobody knows what is lost",
                               name_of(name));
        }
    }
    return {};
}

}  // namespace

Result<HistoryVerdict, std::string> judge_history(const HistoryFile& file) {
    return ClientHistory(file.head).judge(file);
}

}  // namespace gregor::scenarios
