// Random histories of the accumulator against the model of a log with the broker's rules for
// sequences (KIP-98): whatever is lost on the way, or comes late, no record is in the log twice,
// each acknowledged one is there, and they are there in the order of their sends.
#include <deque>
#include <optional>

#include "clients/producer/accumulator.h"
#include "sim/base/hash_map.h"
#include "sim/base/random.h"
#include "tests/support/catch.h"
#include "tests/unit/producer/log_text.h"

using namespace gregor;
using namespace gregor::producer;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::PartitionId;

namespace {

constexpr NodeId kLeader(1);
constexpr Duration kLatest = 300ms;

/// One partition's log.
class ModelLog {
public:
    ErrorCode append(const Bytes& batch) {
        const auto header = *records::parse_batch_header(batch);
        const bool is_new_epoch = header.producer_epoch > epoch_;
        if (header.producer_epoch < epoch_) return ErrorCode::invalid_producer_epoch;
        // Of a producer that it does not know it takes any sequence.
        if (is_new_epoch && epoch_ >= 0 && header.base_sequence != 0) {
            return ErrorCode::out_of_order_sequence_number;
        }
        if (!is_new_epoch) {
            for (const auto& [first, last] : recent_) {
                if (first == header.base_sequence && last == header.last_sequence()) {
                    return ErrorCode::none;
                }
            }
            const std::int32_t expected = recent_.empty() ? 0 : recent_.back().second + 1;
            if (header.base_sequence != expected) return ErrorCode::out_of_order_sequence_number;
        }
        if (is_new_epoch) recent_.clear();
        epoch_ = header.producer_epoch;
        recent_.emplace_back(header.base_sequence, header.last_sequence());
        if (recent_.size() > 5) recent_.pop_front();
        for (const std::string& value : producer::test::values_of(batch)) {
            values_.push_back(std::stoi(value));
        }
        return ErrorCode::none;
    }
    [[nodiscard]] const std::vector<int>& values() const { return values_; }

private:
    std::int16_t epoch_ = -1;
    std::deque<std::pair<std::int32_t, std::int32_t>> recent_;
    std::vector<int> values_;
};

struct Faults {
    Chance lost{};        // the connection, with what was on it
    Chance late{};        // what was on a lost one comes all the same, later
    Chance not_leader{};  // the broker refuses, and appends nothing
    Chance refused{};     // a definite error
    Duration delivery_timeout = 1h;
};

class History {
public:
    History(std::uint64_t seed, Faults faults)
        : random_(seed),
          faults_(faults),
          accumulator_({.batch_size = 100,
                        .linger = 3ms,
                        .delivery_timeout = faults.delivery_timeout,
                        .retry_backoff = 10ms}),
          slot_(accumulator_.add_partition("orders", PartitionId(0))) {
        accumulator_.set_leader(slot_, kLeader);
        accumulator_.set_producer_id({.id = 1, .epoch = 0});
    }

    void run() {
        for (int i = 0; i < 600; ++i) step(true);
        faults_ = {.delivery_timeout = faults_.delivery_timeout};  // none from here on
        for (int i = 0; i < 10'000 && !accumulator_.empty(); ++i) step(false);
        REQUIRE(accumulator_.empty());
    }

    void check() const {
        std::vector<int> acknowledged;
        int last = -1;
        for (const int value : log_.values()) {
            REQUIRE(value > last);  // in order, and so once
            last = value;
            const auto fate = fates_.at(static_cast<std::size_t>(value));
            REQUIRE(fate.has_value());
            if (*fate == Fate::failed) REQUIRE(may_be_there_.at(static_cast<std::size_t>(value)));
            if (*fate != Fate::failed) acknowledged.push_back(value);
        }
        std::vector<int> expected;
        for (std::size_t i = 0; i < fates_.size(); ++i) {
            if (*fates_[i] != Fate::failed) expected.push_back(static_cast<int>(i));
        }
        REQUIRE(acknowledged == expected);
        REQUIRE(expected.size() > 50);
    }

private:
    struct Sent {
        NodeRequest request;
        std::vector<BatchRef> batches;
        std::vector<Bytes> wire;  // as it was when it went out
    };

    void step(bool sends) {
        now_ += random_.between(Duration(0), Duration(4ms));
        if (sends && random_.below(2) == 0) send();
        for (const BatchRef& batch : accumulator_.expire(now_)) settle(batch, Fate::failed, true);
        for (NodeRequest& request : accumulator_.drain(now_)) {
            Sent sent{.request = request, .batches = request.batches, .wire = {}};
            for (const BatchRef& batch : request.batches) sent.wire.push_back(batch->encoded);
            connection_.push_back(std::move(sent));
        }
        while (!late_.empty() && late_.front().at <= now_) {
            (void)log_.append(late_.front().batch);
            late_.pop_front();
        }
        if (!connection_.empty() && random_.happens(faults_.lost)) {
            lose_connection();
        } else if (!connection_.empty() && random_.below(2) == 0) {
            answer(connection_.front(), serve(connection_.front()));
            connection_.pop_front();
        }
        accumulator_.check_invariants();
    }

    void send() {
        const std::string value = std::to_string(fates_.size());
        const auto appended = accumulator_.append(
            now_, slot_, {.timestamp = 0, .value = as_bytes(value)}, value.size());
        values_[appended.batch.get()].push_back(static_cast<int>(fates_.size()));
        fates_.emplace_back();
        may_be_there_.push_back(false);
    }

    /// Of one batch, as each request has here.
    ErrorCode serve(const Sent& sent) {
        if (random_.happens(faults_.not_leader)) return ErrorCode::not_leader_or_follower;
        if (random_.happens(faults_.refused)) return ErrorCode::topic_authorization_failed;
        return log_.append(sent.wire.front());
    }

    /// What was on it arrives up to some request, now or later; no answer does.
    void lose_connection() {
        const std::uint64_t arriving = random_.below(connection_.size() + 1);
        const bool comes_late = random_.happens(faults_.late);
        const Duration delay = random_.between(Duration(0), kLatest);
        for (std::size_t i = 0; i < arriving; ++i) {
            if (comes_late) {
                late_.push_back({connection_[i].wire.front(), now_ + delay});
            } else {
                (void)serve(connection_[i]);
            }
        }
        while (!connection_.empty()) {
            const auto i = static_cast<std::ptrdiff_t>(random_.below(connection_.size()));
            unknown_[connection_[static_cast<std::size_t>(i)].batches.front().get()] = true;
            answer(connection_[static_cast<std::size_t>(i)], ErrorCode::network_exception);
            connection_.erase(connection_.begin() + i);
        }
    }

    void answer(const Sent& sent, ErrorCode error) {
        accumulator_.request_done(kLeader);
        const BatchRef& batch = sent.batches.front();
        const Fate fate = accumulator_.handle_answer(now_, batch, {.error_code = error});
        if (fate == Fate::retried || fate == Fate::late) return;
        const bool* unknown = unknown_.find(batch.get());
        settle(batch, fate, unknown != nullptr);
    }

    void settle(const BatchRef& batch, Fate fate, bool may_be_there) {
        finished_.push_back(batch);  // so that no other gets its address
        for (const int value : *values_.find(batch.get())) {
            REQUIRE_FALSE(fates_.at(static_cast<std::size_t>(value)).has_value());
            fates_[static_cast<std::size_t>(value)] = fate;
            may_be_there_[static_cast<std::size_t>(value)] = may_be_there;
        }
    }

    Random random_;
    Faults faults_;
    Accumulator accumulator_;
    PartitionSlot slot_;
    Instant now_{1s};
    ModelLog log_;
    std::deque<Sent> connection_;
    struct Late {
        Bytes batch;
        Instant at;
    };
    std::deque<Late> late_;
    HashMap<const ProducerBatch*, std::vector<int>> values_;
    HashMap<const ProducerBatch*, bool> unknown_;
    std::vector<BatchRef> finished_;
    std::vector<std::optional<Fate>> fates_;
    std::vector<bool> may_be_there_;
};

void run_histories(const Faults& faults) {
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        INFO("seed " << seed);
        History history(seed, faults);
        history.run();
        history.check();
    }
}

}  // namespace

TEST_CASE("lost connections and changing leaders put each record into the log once, in order") {
    run_histories({.lost = {60'000}, .not_leader = {60'000}});
}

TEST_CASE("what a broker refuses for good leaves no gap behind") {
    run_histories(
        {.lost = {30'000}, .not_leader = {30'000}, .refused = {50'000}, .delivery_timeout = 5s});
}

TEST_CASE("what runs out of time may be in the log, and nothing is there twice") {
    run_histories({.lost = {100'000}, .not_leader = {200'000}, .delivery_timeout = 40ms});
}

TEST_CASE("copies that come late are no second ones") {
    run_histories({.lost = {60'000}, .late = {500'000}, .not_leader = {60'000}});
    run_histories(
        {.lost = {100'000}, .late = {900'000}, .not_leader = {500'000}, .delivery_timeout = 60ms});
}
