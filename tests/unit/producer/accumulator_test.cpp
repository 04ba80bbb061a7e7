// The accumulator without a cluster: what goes out when, and what an answer does.
#include "clients/producer/accumulator.h"

#include "tests/support/catch.h"

using namespace gregor;
using namespace gregor::producer;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::PartitionId;

namespace {

constexpr Instant kStart{1000s};

struct Setup {
    explicit Setup(AccumulatorOptions options = {}, int partitions = 1) : accumulator(options) {
        for (int i = 0; i < partitions; ++i) {
            slots.push_back(accumulator.add_partition("orders", PartitionId(i)));
            accumulator.set_leader(slots.back(), NodeId(1));
        }
        if (options.idempotent) accumulator.set_producer_id({.id = 7, .epoch = 0});
    }

    /// The first batch of each partition, with sequence 0, is acknowledged.
    void become_known() {
        for (int i = 0; i < static_cast<int>(slots.size()); ++i) add_batch(kStart, i);
        while (!accumulator.empty()) {
            for (const NodeRequest& request : accumulator.drain(kStart)) {
                accumulator.request_done(request.node);
                for (const BatchRef& batch : request.batches) {
                    REQUIRE(accumulator.handle_answer(kStart, batch, {}) == Fate::acknowledged);
                }
            }
        }
    }

    /// A record that fills a batch of its own.
    BatchRef add_batch(Instant now = kStart, int partition = 0) {
        const std::vector<std::uint8_t> value(20'000, 'x');
        return append(now, partition, value).batch;
    }
    Accumulator::Appended append(Instant now, int partition, ByteSpan value) {
        return accumulator.append(now, slots[static_cast<std::size_t>(partition)],
                                  {.timestamp = 0, .value = value}, value.size());
    }
    /// What goes out now, batch by batch.
    std::vector<BatchRef> drain_all(Instant now) {
        std::vector<BatchRef> batches;
        for (;;) {
            const auto requests = accumulator.drain(now);
            if (requests.empty()) break;
            for (const NodeRequest& request : requests) {
                batches.insert(batches.end(), request.batches.begin(), request.batches.end());
            }
        }
        accumulator.check_invariants();
        return batches;
    }
    Fate answer(const BatchRef& batch, ErrorCode error, Instant now = kStart) {
        accumulator.request_done(NodeId(1));
        const Fate fate = accumulator.handle_answer(now, batch, {.error_code = error});
        accumulator.check_invariants();
        return fate;
    }

    Accumulator accumulator;
    std::vector<PartitionSlot> slots;
};

records::BatchHeader header_of(const BatchRef& batch) {
    const auto header = records::parse_batch_header(batch->encoded);
    REQUIRE(header.has_value());
    REQUIRE(records::has_valid_crc(batch->encoded));
    return *header;
}

}  // namespace

TEST_CASE("records wait for linger.ms, and share a batch until batch.size is full") {
    Setup setup({.batch_size = 210});
    setup.become_known();
    const std::vector<std::uint8_t> value(40, 'x');
    const auto first = setup.append(kStart, 0, value);
    REQUIRE(first.opened_batch);
    REQUIRE(setup.drain_all(kStart).empty());
    REQUIRE(setup.accumulator.next_event(kStart) == kStart + 5ms);
    const auto second = setup.append(kStart, 0, value);
    REQUIRE(second.batch == first.batch);
    REQUIRE(second.index == 1);
    setup.append(kStart, 0, value);
    REQUIRE(setup.append(kStart, 0, value).made_ready);  // the fourth does not fit
    const auto full = setup.drain_all(kStart);
    REQUIRE(full.size() == 1);
    REQUIRE(full.front()->record_count == 3);
    REQUIRE(setup.drain_all(kStart + 4ms).empty());
    REQUIRE(setup.drain_all(kStart + 5ms).size() == 1);
}

TEST_CASE("a flush, or somebody who waits for memory, makes everything ready") {
    Setup setup({.linger = 1h});
    setup.become_known();
    const std::vector<std::uint8_t> value(1, 'x');
    setup.append(kStart, 0, value);
    REQUIRE(setup.drain_all(kStart).empty());
    setup.accumulator.flush();
    REQUIRE(setup.drain_all(kStart).size() == 1);
    setup.append(kStart, 0, value);
    setup.accumulator.set_urgent(true);
    REQUIRE(setup.drain_all(kStart).size() == 1);
}

TEST_CASE("a request takes one batch of each partition, up to max.request.size") {
    Setup setup({.max_request_size = 50'000}, 3);
    setup.become_known();
    for (int partition = 0; partition < 3; ++partition) setup.add_batch(kStart, partition);
    setup.add_batch(kStart, 0);
    const auto requests = setup.accumulator.drain(kStart);
    REQUIRE(requests.size() == 1);
    REQUIRE(requests.front().batches.size() == 2);
    REQUIRE(setup.accumulator.drain(kStart).front().batches.size() == 2);
    REQUIRE(setup.accumulator.drain(kStart).empty());
}

TEST_CASE("no more requests are under way to a node than max.in.flight allows") {
    Setup setup;
    setup.become_known();
    for (int i = 0; i < 7; ++i) setup.add_batch();
    const auto out = setup.drain_all(kStart);
    REQUIRE(out.size() == 5);
    REQUIRE(setup.answer(out[0], ErrorCode::none) == Fate::acknowledged);
    REQUIRE(setup.drain_all(kStart).size() == 1);
}

TEST_CASE("a throttled node gets nothing until its time") {
    Setup setup;
    setup.add_batch();
    setup.accumulator.throttle(NodeId(1), kStart + 1s);
    REQUIRE(setup.drain_all(kStart).empty());
    REQUIRE(setup.accumulator.next_event(kStart) == kStart + 1s);
    REQUIRE(setup.drain_all(kStart + 1s).size() == 1);
}

TEST_CASE("sequences follow each other, and a batch keeps its own in every try") {
    Setup setup;
    setup.become_known();
    for (int i = 0; i < 3; ++i) setup.add_batch();
    const auto out = setup.drain_all(kStart);
    REQUIRE(header_of(out[0]).base_sequence == 1);
    REQUIRE(header_of(out[2]).base_sequence == 3);
    REQUIRE(header_of(out[2]).producer_id == 7);
    const Bytes before = out[0]->encoded;
    REQUIRE(setup.answer(out[0], ErrorCode::not_leader_or_follower) == Fate::retried);
    REQUIRE(setup.drain_all(kStart).empty());  // the back off
    const auto again = setup.drain_all(kStart + 100ms);
    REQUIRE(again.size() == 1);
    REQUIRE(again[0]->encoded == before);
}

TEST_CASE("nothing goes out before there is a producer id") {
    for (const std::int32_t max_in_flight : {1, 5}) {
        Accumulator accumulator({.max_in_flight = max_in_flight});
        const PartitionSlot slot = accumulator.add_partition("orders", PartitionId(0));
        accumulator.set_leader(slot, NodeId(1));
        const std::vector<std::uint8_t> value(20'000, 'x');
        (void)accumulator.append(kStart, slot, {.timestamp = 0, .value = value}, value.size());
        REQUIRE(accumulator.needs_producer_id());
        REQUIRE(accumulator.drain(kStart).empty());
        accumulator.set_producer_id({.id = 7, .epoch = 0});
        REQUIRE(accumulator.drain(kStart).size() == 1);
    }
}

// A log that knows nothing of a producer takes whatever sequence comes first. Where the first batch
// met a broker that did not lead yet, the second one once came before it.
TEST_CASE("nothing follows the first batch of an epoch before it is acknowledged") {
    Setup setup;
    for (int i = 0; i < 3; ++i) setup.add_batch();
    const auto first = setup.drain_all(kStart);
    REQUIRE(first.size() == 1);
    REQUIRE(setup.answer(first[0], ErrorCode::not_leader_or_follower) == Fate::retried);
    REQUIRE(setup.drain_all(kStart + 1s) == first);
    REQUIRE(setup.answer(first[0], ErrorCode::none) == Fate::acknowledged);
    REQUIRE(setup.drain_all(kStart + 1s).size() == 2);
}

TEST_CASE("what has to be tried again goes out in order, one at a time") {
    Setup setup;
    setup.become_known();
    for (int i = 0; i < 4; ++i) setup.add_batch();
    const auto out = setup.drain_all(kStart);
    // The connection is lost; the later ones are told so first.
    for (const std::size_t i : {3U, 1U, 0U, 2U}) {
        REQUIRE(setup.answer(out[i], ErrorCode::network_exception) == Fate::retried);
    }
    for (const BatchRef& expected : out) {
        const auto again = setup.drain_all(kStart + 10s);
        REQUIRE(again == std::vector{expected});
        REQUIRE(setup.answer(expected, ErrorCode::none) == Fate::acknowledged);
    }
    REQUIRE(setup.accumulator.empty());
}

TEST_CASE("no batch goes out so far behind one without an answer that the log would forget that") {
    Setup setup;
    setup.become_known();
    for (int i = 0; i < 12; ++i) setup.add_batch();
    const auto sent = setup.drain_all(kStart);
    REQUIRE(sent.size() == 5);
    // The answers of a later leader come before that of the first, which is none any more.
    for (std::size_t i = 1; i < sent.size(); ++i) setup.answer(sent[i], ErrorCode::none);
    REQUIRE(setup.drain_all(kStart).empty());
    setup.answer(sent[0], ErrorCode::none);
    REQUIRE(setup.drain_all(kStart).size() == 5);
}

TEST_CASE("a gap before a later batch is no reason to start over") {
    Setup setup;
    setup.become_known();
    for (int i = 0; i < 2; ++i) setup.add_batch();
    const auto out = setup.drain_all(kStart);
    REQUIRE(setup.answer(out[0], ErrorCode::not_leader_or_follower) == Fate::retried);
    REQUIRE(setup.answer(out[1], ErrorCode::out_of_order_sequence_number) == Fate::retried);
    REQUIRE(setup.drain_all(kStart + 10s) == std::vector{out[0]});
    REQUIRE(setup.answer(out[0], ErrorCode::none) == Fate::acknowledged);
    REQUIRE(setup.drain_all(kStart + 10s) == std::vector{out[1]});
    REQUIRE(header_of(out[1]).base_sequence == 2);
    REQUIRE(header_of(out[1]).producer_epoch == 0);
}

TEST_CASE("a gap before the oldest batch starts the partition over with the next epoch") {
    Setup setup;
    setup.become_known();
    for (int i = 0; i < 3; ++i) setup.add_batch();
    const auto out = setup.drain_all(kStart);
    REQUIRE(setup.answer(out[0], ErrorCode::none) == Fate::acknowledged);
    const ErrorCode gap =
        GENERATE(ErrorCode::out_of_order_sequence_number, ErrorCode::unknown_producer_id);
    REQUIRE(setup.answer(out[1], gap) == Fate::retried);
    REQUIRE(setup.drain_all(kStart + 10s).empty());  // the third is still under way
    REQUIRE(setup.answer(out[2], gap) == Fate::retried);
    REQUIRE(setup.drain_all(kStart + 10s) == std::vector{out[1]});
    REQUIRE(header_of(out[1]).base_sequence == 0);
    REQUIRE(header_of(out[1]).producer_epoch == 1);
    REQUIRE(header_of(out[2]).base_sequence == 1);
    REQUIRE(header_of(out[2]).producer_epoch == 1);
}

TEST_CASE("a gap that a leader of before tells is none") {
    Setup setup;
    setup.become_known();
    setup.add_batch();
    const auto out = setup.drain_all(kStart);
    setup.accumulator.set_leader(setup.slots[0], NodeId(2));
    REQUIRE(setup.answer(out[0], ErrorCode::out_of_order_sequence_number) == Fate::retried);
    REQUIRE(setup.drain_all(kStart + 10s) == out);
    REQUIRE(header_of(out[0]).base_sequence == 1);
    REQUIRE(header_of(out[0]).producer_epoch == 0);
}

TEST_CASE("what may be on its way keeps its sequence behind a batch that failed") {
    Setup setup({.delivery_timeout = 100s});
    setup.become_known();
    for (int i = 0; i < 2; ++i) setup.add_batch();
    const auto out = setup.drain_all(kStart);
    for (const BatchRef& batch : out) {
        REQUIRE(setup.answer(batch, ErrorCode::network_exception) == Fate::retried);
    }
    REQUIRE(setup.drain_all(kStart + 1s) == std::vector{out[0]});
    REQUIRE(setup.answer(out[0], ErrorCode::invalid_record) == Fate::failed);
    const ErrorCode gap = ErrorCode::out_of_order_sequence_number;
    for (const Duration later : {1s, 50s, 99s}) {
        REQUIRE(setup.drain_all(kStart + later) == std::vector{out[1]});
        REQUIRE(header_of(out[1]).producer_epoch == 0);
        REQUIRE(setup.answer(out[1], gap, kStart + later) == Fate::retried);
    }
    REQUIRE(setup.accumulator.expire(kStart + 100s) == std::vector{out[1]});
    setup.add_batch(kStart + 100s);
    const auto next = setup.drain_all(kStart + 100s);
    REQUIRE(next.size() == 1);
    REQUIRE(header_of(next[0]).producer_epoch == 1);
    REQUIRE(header_of(next[0]).base_sequence == 0);
}

TEST_CASE("another partition keeps its epoch when one starts over") {
    Setup setup({}, 2);
    setup.become_known();
    setup.add_batch(kStart, 0);
    setup.add_batch(kStart, 1);
    setup.accumulator.request_done(setup.accumulator.drain(kStart).at(0).node);
    for (const BatchRef& batch : setup.accumulator.not_done()) {
        const bool is_first = batch->slot == setup.slots[0];
        const ErrorCode error = is_first ? ErrorCode::invalid_record : ErrorCode::none;
        REQUIRE(setup.accumulator.handle_answer(kStart, batch, {.error_code = error}) ==
                (is_first ? Fate::failed : Fate::acknowledged));
    }
    setup.add_batch(kStart, 0);
    setup.add_batch(kStart, 1);
    const auto next = setup.drain_all(kStart);
    for (const BatchRef& batch : next) {
        const bool started_over = batch->slot == setup.slots[0];
        REQUIRE(header_of(batch).producer_epoch == (started_over ? 1 : 0));
        REQUIRE(header_of(batch).base_sequence == (started_over ? 0 : 2));
    }
}

TEST_CASE("after a failure nothing new gets a sequence until the log has told") {
    Setup setup({.delivery_timeout = 10s});
    setup.become_known();
    setup.add_batch(kStart);
    setup.add_batch(kStart + 1s);
    const auto out = setup.drain_all(kStart + 1s);
    REQUIRE(out.size() == 2);
    REQUIRE(setup.accumulator.expire(kStart + 10s) == std::vector{out[0]});
    setup.add_batch(kStart + 10s);
    REQUIRE(setup.drain_all(kStart + 10s).empty());
    SECTION("it took the later one, so it has the first") {
        REQUIRE(setup.answer(out[1], ErrorCode::none, kStart + 10s) == Fate::acknowledged);
        const auto next = setup.drain_all(kStart + 10s);
        REQUIRE(header_of(next.at(0)).base_sequence == 3);
        REQUIRE(header_of(next.at(0)).producer_epoch == 0);
    }
    SECTION("it refused the later one, so it does not") {
        REQUIRE(setup.answer(out[1], ErrorCode::out_of_order_sequence_number, kStart + 10s) ==
                Fate::retried);
        const auto next = setup.drain_all(kStart + 10500ms);
        REQUIRE(next.at(0) == out[1]);
        REQUIRE(header_of(next.at(0)).base_sequence == 0);
        REQUIRE(header_of(next.at(0)).producer_epoch == 1);
    }
    REQUIRE(setup.answer(out[0], ErrorCode::none, kStart + 10s) == Fate::late);
}

TEST_CASE("an exhausted epoch asks for another producer id") {
    Setup setup;
    setup.accumulator.set_producer_id({.id = 8, .epoch = 32767});
    setup.add_batch();
    const auto out = setup.drain_all(kStart);
    REQUIRE(setup.answer(out[0], ErrorCode::invalid_record) == Fate::failed);
    setup.add_batch();
    REQUIRE(setup.drain_all(kStart).empty());
    REQUIRE(setup.accumulator.needs_producer_id());
    setup.accumulator.set_producer_id({.id = 9, .epoch = 0});
    const auto next = setup.drain_all(kStart);
    REQUIRE(header_of(next.at(0)).producer_id == 9);
    REQUIRE(header_of(next.at(0)).base_sequence == 0);
}

TEST_CASE("batches older than delivery.timeout.ms fail, wherever they are") {
    Setup setup({.delivery_timeout = 10s, .max_in_flight = 1});
    setup.add_batch();
    setup.add_batch();
    const auto out = setup.drain_all(kStart);
    REQUIRE(out.size() == 1);
    REQUIRE(setup.accumulator.next_event(kStart + 1s) == kStart + 10s);
    REQUIRE(setup.accumulator.expire(kStart + 9s).empty());
    REQUIRE(setup.accumulator.expire(kStart + 10s).size() == 2);
    REQUIRE(setup.accumulator.empty());
    REQUIRE(setup.accumulator.charged_bytes() == 0);
}

TEST_CASE("retries and their time are bounded") {
    Setup setup({.idempotent = false, .retries = 1});
    setup.add_batch();
    auto out = setup.drain_all(kStart);
    REQUIRE(setup.answer(out[0], ErrorCode::network_exception) == Fate::retried);
    out = setup.drain_all(kStart + 100ms);
    REQUIRE(header_of(out.at(0)).base_sequence == -1);
    REQUIRE(setup.answer(out[0], ErrorCode::network_exception) == Fate::failed);
}

TEST_CASE("with one request in flight a plain producer keeps its order") {
    Setup setup({.idempotent = false, .max_in_flight = 1});
    setup.add_batch();
    setup.add_batch();
    const auto first = setup.drain_all(kStart);
    REQUIRE(first.size() == 1);
    REQUIRE(setup.answer(first[0], ErrorCode::network_exception) == Fate::retried);
    REQUIRE(setup.drain_all(kStart + 50ms).empty());
    REQUIRE(setup.drain_all(kStart + 100ms) == first);
}

TEST_CASE("a duplicate is delivered, though nobody knows where") {
    Setup setup;
    setup.add_batch();
    const auto out = setup.drain_all(kStart);
    REQUIRE(setup.answer(out[0], ErrorCode::duplicate_sequence_number) == Fate::duplicate);
    REQUIRE(setup.accumulator.empty());
}

TEST_CASE("in a transaction a partition's batches wait until it is admitted") {
    Setup setup({.transactional = true}, 2);
    setup.accumulator.begin_transaction();
    setup.add_batch();
    setup.add_batch(kStart, 1);
    REQUIRE(setup.drain_all(kStart).empty());
    setup.accumulator.admit(setup.slots[1]);
    const auto batches = setup.drain_all(kStart);
    REQUIRE(batches.size() == 1);
    REQUIRE(header_of(batches[0]).is_transactional());
    REQUIRE(setup.accumulator.is_admitted(setup.slots[1]));
    REQUIRE(setup.accumulator.fail_unsent().size() == 1);
    REQUIRE(setup.answer(batches[0], ErrorCode::none) == Fate::acknowledged);
    setup.accumulator.begin_transaction();
    REQUIRE(!setup.accumulator.is_admitted(setup.slots[1]));
}

TEST_CASE("in a transaction a gap fails the oldest batch, and the next epoch begins again from 0") {
    Setup setup({.transactional = true});
    setup.accumulator.begin_transaction();
    setup.accumulator.admit(setup.slots[0]);
    setup.become_known();
    setup.add_batch();
    setup.add_batch();
    const auto batches = setup.drain_all(kStart);
    REQUIRE(batches.size() == 2);
    // The second waits for what becomes of the first.
    REQUIRE(setup.answer(batches[1], ErrorCode::out_of_order_sequence_number) == Fate::retried);
    REQUIRE(setup.answer(batches[0], ErrorCode::out_of_order_sequence_number) == Fate::failed);
    REQUIRE(setup.drain_all(kStart + 1s).size() == 1);
    REQUIRE(setup.answer(batches[1], ErrorCode::out_of_order_sequence_number, kStart + 1s) ==
            Fate::failed);
    REQUIRE(setup.accumulator.empty());
    setup.accumulator.set_producer_id({.id = 7, .epoch = 1});
    setup.accumulator.begin_transaction();
    setup.accumulator.admit(setup.slots[0]);
    setup.add_batch();
    const auto next = setup.drain_all(kStart + 1s);
    REQUIRE(next.size() == 1);
    REQUIRE(header_of(next[0]).producer_epoch == 1);
    REQUIRE(header_of(next[0]).base_sequence == 0);
}

TEST_CASE("transactions of one epoch go on with their sequences") {
    Setup setup({.transactional = true});
    for (std::int32_t sequence = 0; sequence < 3; ++sequence) {
        setup.accumulator.begin_transaction();
        setup.accumulator.admit(setup.slots[0]);
        setup.add_batch();
        const auto batches = setup.drain_all(kStart);
        REQUIRE(batches.size() == 1);
        REQUIRE(header_of(batches[0]).base_sequence == sequence);
        REQUIRE(setup.answer(batches[0], ErrorCode::none) == Fate::acknowledged);
    }
}
