#include "tests/property/anomalies/operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

namespace gregor::scenarios {
namespace {

using Kind = Operation::Kind;

constexpr int kProducers = 3;  // the first has no transactions
constexpr int kConsumers = 2;
constexpr std::size_t kMost = 60;

struct Entry {
    std::string value;  // empty: a marker
    int producer = 0;
    int transaction = 0;
};

/// A cluster that mostly does what it should.
class Cluster {
public:
    explicit Cluster(Tape tape) : tape_(tape) {
        // Before the tape is over: how it will end.
        for (End& end : ends_) {
            end.is_drained = !tape_.chance(15);
            end.is_short = tape_.chance(8);
            end.of_group = tape_.chance(50);
        }
    }

    std::vector<Operation> run() {
        while (!tape_.is_over() && operations_.size() < kMost) step();
        for (int partition = 0; partition < kTopicPartitions; ++partition) drain(partition);
        return std::move(operations_);
    }

private:
    void step() {
        const auto what = tape_.below(16);
        if (what < 5) return send();
        if (what < 9) return poll(static_cast<int>(tape_.below(kConsumers)));
        if (what < 11) return finish();
        if (what == 11) return seek();
        if (what == 12) return init();
        if (what == 13) return assign();
        if (what == 14) return release();
        return commit_offsets();
    }

    void init() { add({.kind = Kind::init, .client = any_producer()}); }

    Operation& add(Operation operation) {
        now_ += 2;
        operation.began = now_ - 1 - tape_.below(7);
        operation.ended = now_;
        operations_.push_back(std::move(operation));
        return operations_.back();
    }
    int any_partition() { return static_cast<int>(tape_.below(kTopicPartitions)); }
    int any_producer() { return static_cast<int>(tape_.below(kProducers)); }
    char any_result(int ok_percent) {
        if (!tape_.chance(100 - ok_percent)) return 'o';
        return tape_.chance(40) ? 'f' : 'u';
    }

    void send() {
        const int partition = any_partition();
        const int producer = any_producer();
        Operation send{.kind = Kind::send,
                       .partition = partition,
                       .client = producer,
                       .number = numbers_[producer] += 2,
                       .value = fmt::format("v{}", values_++),
                       .result = any_result(75)};
        if (tape_.chance(10)) send.number -= 3;
        if (producer > 0) send.transaction = open(producer);
        send.producer = producer;
        auto& log = logs_[partition];
        const bool is_written = send.result == 'o'   ? !tape_.chance(8)
                                : send.result == 'f' ? tape_.chance(8)
                                                     : tape_.chance(50);
        if (send.result == 'o' && !tape_.chance(10)) {
            send.offset = static_cast<std::int64_t>(log.size());
        }
        if (is_written) log.push_back({send.value, producer, send.transaction});
        if (is_written && tape_.chance(5)) log.push_back(log.back());
        add(send);
    }

    int open(int producer) {
        if (!is_open_[producer]) {
            is_open_[producer] = true;
            add({.kind = Kind::begin,
                 .client = producer,
                 .transaction = ++transactions_[producer],
                 .producer = producer});
        }
        return transactions_[producer];
    }

    void finish() {
        const int producer = 1 + static_cast<int>(tape_.below(kProducers - 1));
        if (transactions_[producer] == 0) return;
        const bool commits = !tape_.chance(30);
        const int transaction = transactions_[producer];
        Operation& end = add({.kind = commits ? Kind::commit : Kind::abort,
                              .client = producer,
                              .result = any_result(70),
                              .transaction = transaction,
                              .producer = producer});
        const bool is_done = end.result == 'o' || (end.result == 'u' && tape_.chance(50));
        if (is_done) committed_[{producer, transaction}] = commits;
        if (is_done) logs_[any_partition()].push_back({});
        if (!tape_.chance(15)) is_open_[producer] = false;
    }

    [[nodiscard]] bool is_given(int consumer, const Entry& entry) {
        if (entry.value.empty()) return false;
        if (tape_.chance(4)) return !tape_.chance(50);
        if (entry.transaction == 0 || consumer == kUncommittedConsumer) return true;
        const auto found = committed_.find({entry.producer, entry.transaction});
        return found != committed_.end() && found->second;
    }

    /// The next few records from where the consumer is.
    Operation read(int consumer, int partition, std::size_t most) {
        Operation poll{.kind = Kind::poll, .partition = partition, .client = consumer};
        const auto& log = logs_[partition];
        std::int64_t& at = positions_[{consumer, partition}];
        if (tape_.chance(4)) at += tape_.below(3) - 1;
        at = std::max<std::int64_t>(at, 0);
        const auto size = static_cast<std::int64_t>(log.size());
        for (; at < size && poll.records.size() < most; ++at) {
            const Entry& entry = log[static_cast<std::size_t>(at)];
            if (!is_given(consumer, entry)) continue;
            poll.records.emplace_back(at, entry.value);
            if (tape_.chance(2)) poll.records.back().second = fmt::format("v{}", tape_.below(30));
            if (tape_.chance(2)) poll.records.push_back(poll.records.back());
        }
        return poll;
    }

    void poll(int consumer) {
        Operation poll =
            read(consumer, any_partition(), 1 + static_cast<std::size_t>(tape_.below(3)));
        if (tape_.chance(40)) {
            poll.producer = 1 + static_cast<int>(tape_.below(kProducers - 1));
            poll.transaction = open(poll.producer);
        }
        add(poll);
    }

    void seek() {
        const int consumer = static_cast<int>(tape_.below(kConsumers));
        const int partition = any_partition();
        const std::int64_t offset = tape_.below(6);
        positions_[{consumer, partition}] = offset;
        add({.kind = Kind::seek, .partition = partition, .client = consumer, .offset = offset});
    }

    void assign() {
        const int consumer = static_cast<int>(tape_.below(kConsumers));
        const int partition = any_partition();
        const std::int64_t offset = tape_.below(4) - 1;
        if (offset >= 0) positions_[{consumer, partition}] = offset;
        add({.kind = Kind::assign,
             .partition = partition,
             .client = consumer,
             .offset = offset,
             .of_group = !tape_.chance(10)});
    }

    void release() {
        constexpr std::array<Kind, 3> kHow{Kind::revoke, Kind::lost, Kind::close};
        add({.kind = kHow.at(static_cast<std::size_t>(tape_.below(3))),
             .partition = any_partition(),
             .client = static_cast<int>(tape_.below(kConsumers))});
    }

    void commit_offsets() {
        const int consumer = static_cast<int>(tape_.below(kConsumers));
        const int partition = any_partition();
        std::int64_t offset = positions_[{consumer, partition}];
        if (tape_.chance(15)) offset = tape_.below(6);
        const auto what = tape_.below(4);
        if (what == 0) {
            add({.kind = Kind::offset_fetch, .partition = partition, .offset = offset - 1});
            return;
        }
        Operation commit{.kind = Kind::offset_commit,
                         .partition = partition,
                         .client = consumer,
                         .result = any_result(80),
                         .offset = offset};
        if (what == 1) {
            commit.kind = Kind::send_offsets;
            commit.producer = 1 + static_cast<int>(tape_.below(kProducers - 1));
            commit.transaction = open(commit.producer);
        }
        add(commit);
    }

    void drain(int partition) {
        const End& how = ends_.at(static_cast<std::size_t>(partition));
        if (!how.is_drained) return;
        positions_[{kDrain, partition}] = 0;
        add({.kind = Kind::seek, .partition = partition, .client = kDrain, .offset = 0});
        add(read(kDrain, partition, 100));
        const auto size = static_cast<std::int64_t>(logs_[partition].size());
        add({.kind = Kind::end,
             .partition = partition,
             .client = kDrain,
             .offset = std::max<std::int64_t>(size - (how.is_short ? 1 : 0), 0),
             .log_end = size,
             .of_group = how.of_group});
    }

    struct End {
        bool is_drained = true;
        bool is_short = false;
        bool of_group = false;
    };

    Tape tape_;
    std::array<End, kTopicPartitions> ends_;
    std::vector<Operation> operations_;
    std::int64_t now_ = 10;
    int values_ = 0;
    std::array<std::vector<Entry>, kTopicPartitions> logs_;
    std::map<std::pair<int, int>, std::int64_t> positions_;
    std::map<std::pair<int, int>, bool> committed_;
    std::map<int, std::int64_t> numbers_{{0, 10}, {1, 10}, {2, 10}};
    std::map<int, int> transactions_;
    std::map<int, bool> is_open_;
};

std::string result_of(char result) {
    return result == 'o' ? "ok" : result == 'f' ? "fail" : "unknown";
}

/// The members of an operation that are its own.
std::string members_of(const Operation& each) {
    const std::string at = fmt::format(R"("topic":"t","partition":{})", each.partition);
    const std::string result = fmt::format(R"("result":"{}")", result_of(each.result));
    const std::string transaction =
        fmt::format(R"("producer":"p{}","transaction":{})", each.producer, each.transaction);
    const std::string offset = fmt::format(R"("offset":{})", each.offset);
    switch (each.kind) {
        case Kind::send:
            return fmt::format(
                R"("op":"send","number":{},"value":"{}",{},{}{},{})", each.number, each.value, at,
                result, each.offset >= 0 ? "," + offset : std::string(),
                each.transaction > 0 ? transaction
                                     : fmt::format(R"("producer":"p{}")", each.client));
        case Kind::poll: {
            std::string records;
            for (const auto& [where, value] : each.records) {
                records += fmt::format(R"({}[{},"{}"])", records.empty() ? "" : ",", where, value);
            }
            return fmt::format(R"("op":"poll","consumer":"c{}",{},"records":[{}]{})", each.client,
                               at, records, each.transaction > 0 ? "," + transaction : "");
        }
        case Kind::seek:
            return fmt::format(R"("op":"seek","consumer":"c{}",{},{})", each.client, at, offset);
        case Kind::end:
            return fmt::format(
                R"("op":"end","consumer":"c{}",{},"log_start":{},"log_end":{},"position":{}{})",
                each.client, at, each.log_start, each.log_end, each.offset,
                each.of_group ? R"(,"group":"g")" : "");
        case Kind::init:
            return fmt::format(R"("op":"init","producer":"p{}","transactional_id":"x",{})",
                               each.client, result);
        case Kind::begin: return R"("op":"begin",)" + transaction;
        case Kind::commit: return fmt::format(R"("op":"commit",{},{})", transaction, result);
        case Kind::abort: return fmt::format(R"("op":"abort",{},{})", transaction, result);
        case Kind::assign:
            return fmt::format(R"("op":"assign","consumer":"c{}",{}{}{})", each.client, at,
                               each.offset >= 0 ? "," + offset : "",
                               each.of_group ? R"(,"group":"g")" : "");
        case Kind::revoke:
            return fmt::format(R"("op":"revoke","consumer":"c{}",{})", each.client, at);
        case Kind::lost: return fmt::format(R"("op":"lost","consumer":"c{}",{})", each.client, at);
        case Kind::close: return fmt::format(R"("op":"close","consumer":"c{}")", each.client);
        case Kind::offset_commit:
            return fmt::format(R"("op":"offset_commit","group":"g","consumer":"c{}",{},{},{})",
                               each.client, at, offset, result);
        case Kind::send_offsets:
            return fmt::format(R"("op":"send_offsets","group":"g",{},{},{},{})", transaction, at,
                               offset, result);
        case Kind::offset_fetch:
            return fmt::format(R"("op":"offset_fetch","group":"g",{},{})", at, offset);
    }
    return "";
}

}  // namespace

std::vector<Operation> draw_operations(Tape tape) { return Cluster(tape).run(); }

std::string text_of(const Configuration& configuration, const std::vector<Operation>& operations) {
    std::string text = fmt::format(
        R"({{"format":"gregor-history","version":2,"acks":{},"enable.idempotence":{},)"
        R"("unclean.leader.election.enable":{},"commit":"{}","isolation.level":"read_committed"}})"
        "\n"
        R"({{"op":"config","consumer":"c1","isolation.level":"read_uncommitted"}})"
        "\n",
        configuration.acks_all ? "\"all\"" : "1", configuration.acks_all, configuration.unclean,
        configuration.commits_before ? "before" : "after");
    for (const Operation& each : operations) {
        text += fmt::format("{{{},\"began\":{},\"ended\":{}}}\n", members_of(each), each.began,
                            each.ended);
    }
    return text;
}

}  // namespace gregor::scenarios
