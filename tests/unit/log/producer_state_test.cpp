// The pure state of producers, its snapshot, and the leader epochs.
#include "broker/log/producer_state.h"
#include "broker/log/leader_epoch_cache.h"
#include "broker/log/producer_snapshot.h"
#include "sim/base/planted.h"
#include "tests/support/catch.h"

namespace gregor::log {
namespace {

BatchHeader header(std::int64_t offset, std::int32_t sequence, std::int16_t epoch = 0,
                   bool transactional = false, int records = 1) {
    BatchHeader made;
    made.base_offset = offset;
    made.last_offset_delta = records - 1;
    made.record_count = records;
    made.producer_id = 9;
    made.producer_epoch = epoch;
    made.base_sequence = sequence;
    made.max_timestamp = 1000 + offset;
    if (transactional) made.attributes |= BatchHeader::kTransactionalBit;
    return made;
}

Result<void, ErrorCode> add(ProducerState& state, const BatchHeader& batch,
                            const std::optional<EndTransactionMarker>& marker = {},
                            AppendOrigin origin = AppendOrigin::client) {
    state.apply(TRY(state.prepare(batch, marker, origin)), Offset(batch.next_offset()));
    return {};
}

TEST_CASE("sequence numbers follow one another and wrap to zero") {
    ProducerState state(1000);
    REQUIRE(add(state, header(0, 2147483646, 0, false, 2)));
    REQUIRE(add(state, header(2, 1)).error() == ErrorCode::out_of_order_sequence_number);
    REQUIRE(add(state, header(2, 0)));
    REQUIRE(add(state, header(3, 1)));
    REQUIRE(state.find(ProducerId(9))->find_duplicate(header(0, 2147483646, 0, false, 2)));
    // One batch may itself run over the end.
    ProducerState wrapping(1000);
    REQUIRE(add(wrapping, header(0, 2147483646, 0, false, 5)));
    REQUIRE(wrapping.find(ProducerId(9))->last_sequence() == 2);
    REQUIRE(wrapping.find(ProducerId(9))->batches.back().first_sequence() == 2147483646);
    REQUIRE(add(wrapping, header(5, 3)));
}

TEST_CASE("a leader that followed another takes no second batch of a producer before the first") {
    const auto refused = [](const ProducerState& state, std::int32_t sequence, int leader_epoch) {
        BatchHeader batch = header(state.end_offset().value(), sequence);
        batch.partition_leader_epoch = leader_epoch;
        const auto prepared = state.prepare(batch, {}, AppendOrigin::client);
        REQUIRE((prepared || prepared.error() == ErrorCode::out_of_order_sequence_number));
        return !prepared;
    };
    ProducerState state(1000);
    REQUIRE(refused(state, 50, 1));
    REQUIRE_FALSE(refused(state, 0, 1));
    // The topic may be another one of that name, and a producer that has sent so much was answered.
    REQUIRE_FALSE(refused(state, 50, 0));
    REQUIRE_FALSE(refused(state, 2'000'000'000, 1));
    // Once somebody is forgotten, it may be this one.
    REQUIRE(add(state, header(0, 0)));
    state.expire(2000);
    REQUIRE_FALSE(refused(state, 50, 1));
    ProducerState restarted(1000);
    restarted.load({}, Offset(7), 0);
    REQUIRE_FALSE(refused(restarted, 50, 1));
}

TEST_CASE("the planted bug b22 refuses the wrap") {
    plant(PlantedBug::b22_sequence_wrap, true);
    ProducerState state(1000);
    REQUIRE(add(state, header(0, 2147483647)));
    const auto wrapped = add(state, header(1, 0));
    plant(PlantedBug::b22_sequence_wrap, false);
    REQUIRE(wrapped.error() == ErrorCode::out_of_order_sequence_number);
}

TEST_CASE("an older epoch is fenced, a newer one starts at zero") {
    ProducerState state(1000);
    REQUIRE(add(state, header(0, 0, 3)));
    REQUIRE(add(state, header(1, 1, 2)).error() == ErrorCode::invalid_producer_epoch);
    REQUIRE(add(state, header(1, 1, 4)).error() == ErrorCode::out_of_order_sequence_number);
    REQUIRE(add(state, header(1, 0, 4)));
    REQUIRE(add(state, header(2, 7, 1), {}, AppendOrigin::replication));
}

TEST_CASE("markers end transactions, raise the epoch and fence older coordinators") {
    ProducerState state(1000);
    REQUIRE(add(state, header(0, 0, 0, true)));
    REQUIRE(state.first_unstable_offset() == Offset(0));
    BatchHeader marker = header(1, -1, 1, true);
    marker.attributes |= BatchHeader::kControlBit;
    const EndTransactionMarker abort{.type = MarkerType::abort, .coordinator_epoch = 5};
    REQUIRE(add(state, marker, abort, AppendOrigin::coordinator));
    const ProducerEntry* entry = state.find(ProducerId(9));
    REQUIRE(entry->producer_epoch == ProducerEpoch(1));
    REQUIRE(entry->batches.empty());
    REQUIRE(!entry->current_txn_first_offset);
    REQUIRE(state.first_unstable_offset() == Offset(0));
    state.high_watermark_advanced(Offset(1));
    REQUIRE(state.first_unstable_offset() == Offset(0));
    state.high_watermark_advanced(Offset(2));
    REQUIRE(!state.first_unstable_offset());
    marker.base_offset = 2;
    REQUIRE(
        add(state, marker, EndTransactionMarker{MarkerType::abort, 4}, AppendOrigin::coordinator)
            .error() == ErrorCode::transaction_coordinator_fenced);
    state.check_invariants();
}

TEST_CASE("idle producers expire, those with an open transaction do not") {
    ProducerState state(1000);
    REQUIRE(add(state, header(0, 0)));
    state.expire(1999);
    REQUIRE(state.find(ProducerId(9)));
    state.expire(2000);
    REQUIRE(!state.find(ProducerId(9)));
    REQUIRE(add(state, header(1, 0, 0, true)));
    state.expire(1'000'000);
    REQUIRE(state.find(ProducerId(9)));
}

TEST_CASE("a snapshot keeps the last batch of each producer and notices damage") {
    ProducerState state(1'000'000);
    for (int i = 0; i < 7; ++i) REQUIRE(add(state, header(i, i, 2, i >= 5)));
    const Bytes bytes = encode_producer_snapshot(state.snapshot());
    REQUIRE(bytes.size() == 56);
    ProducerState loaded(1'000'000);
    loaded.load(*decode_producer_snapshot(bytes), Offset(7), 1000);
    const ProducerEntry* entry = loaded.find(ProducerId(9));
    REQUIRE(entry->last_sequence() == 6);
    REQUIRE(entry->batches.size() == 1);
    REQUIRE(!entry->batches.is_complete());
    REQUIRE(entry->current_txn_first_offset == Offset(5));
    REQUIRE(loaded.first_unstable_offset() == Offset(5));
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        ByteBuffer damaged;
        damaged.append(bytes.span());
        damaged.data()[i] ^= 0x10;
        REQUIRE(!decode_producer_snapshot(damaged.span()));
    }
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        REQUIRE(!decode_producer_snapshot(bytes.slice(0, size)));
    }
}

TEST_CASE("a window from a snapshot lacks what lies before it, until it is full or completed") {
    const auto restored = [](std::int32_t next_sequence) {
        ProducerState state(1'000'000);
        REQUIRE(add(state, header(6, next_sequence - 1, 2)));
        ProducerState loaded(1'000'000);
        const Bytes bytes = encode_producer_snapshot(state.snapshot());
        loaded.load(*decode_producer_snapshot(bytes), Offset(7), 1000);
        return loaded;
    };
    ProducerState state = restored(7);
    const ProducerEntry* entry = state.find(ProducerId(9));
    REQUIRE(entry->may_lack(header(0, 5, 2)));
    REQUIRE(!entry->may_lack(header(0, 5, 1)));
    REQUIRE(!entry->may_lack(header(0, 6, 2)));
    REQUIRE(!entry->may_lack(header(0, 7, 2)));
    REQUIRE(!entry->may_lack(header(0, 9, 2)));
    for (int i = 7; i < 11; ++i) {
        REQUIRE(entry->may_lack(header(0, 5, 2)));
        REQUIRE(add(state, header(i, i, 2)));
    }
    REQUIRE(!entry->may_lack(header(0, 5, 2)));
    // A new epoch begins with nothing to lack.
    state = restored(7);
    REQUIRE(add(state, header(7, 0, 3)));
    REQUIRE(state.find(ProducerId(9))->batches.is_complete());
    // Sequences wrap.
    state = restored(2);
    REQUIRE(state.find(ProducerId(9))->may_lack(header(0, 2147483647, 2)));
    REQUIRE(!state.find(ProducerId(9))->may_lack(header(0, 3, 2)));
    const ProducerBatch earlier[] = {producer_batch_of(header(3, 2147483647, 2)),
                                     producer_batch_of(header(4, 0, 2))};
    state.complete_window(ProducerId(9), earlier);
    entry = state.find(ProducerId(9));
    REQUIRE(!entry->may_lack(header(0, 2147483646, 2)));
    REQUIRE(entry->batches.size() == 3);
    REQUIRE(entry->find_duplicate(header(0, 2147483647, 2))->last_offset == Offset(3));
    REQUIRE(entry->find_duplicate(header(0, 0, 2))->last_offset == Offset(4));
    REQUIRE(entry->find_duplicate(header(0, 1, 2))->last_offset == Offset(6));
    state.check_invariants();
}

TEST_CASE("leader epochs end where the next begins") {
    LeaderEpochCache cache;
    REQUIRE(cache.assign(LeaderEpoch(2), Offset(0)));
    REQUIRE(cache.assign(LeaderEpoch(5), Offset(100)));
    REQUIRE(!cache.assign(LeaderEpoch(5), Offset(120)));
    REQUIRE(cache.assign(LeaderEpoch(7), Offset(250)));
    const auto end = [&](int epoch) {
        return cache.end_offset_for(LeaderEpoch(epoch), Offset(300));
    };
    REQUIRE(end(1) == EpochEnd{LeaderEpoch(1), Offset(0)});
    REQUIRE(end(2) == EpochEnd{LeaderEpoch(2), Offset(100)});
    REQUIRE(end(4) == EpochEnd{LeaderEpoch(2), Offset(100)});
    REQUIRE(end(6) == EpochEnd{LeaderEpoch(5), Offset(250)});
    REQUIRE(end(7) == EpochEnd{LeaderEpoch(7), Offset(300)});
    REQUIRE(end(8) == EpochEnd{});
    REQUIRE(cache.epoch_for_offset(Offset(249)) == LeaderEpoch(5));
    REQUIRE(cache.truncate_from_start(Offset(120)));
    REQUIRE(cache.earliest() == EpochEntry{LeaderEpoch(5), Offset(120)});
    REQUIRE(cache.truncate_from_end(Offset(250)));
    REQUIRE(cache.latest() == EpochEntry{LeaderEpoch(5), Offset(120)});
    // A leader that wrote nothing is displaced.
    cache.assign(LeaderEpoch(8), Offset(260));
    cache.assign(LeaderEpoch(9), Offset(260));
    REQUIRE(cache.entries().size() == 2);
    cache.check_invariants(Offset(260));
}

}  // namespace
}  // namespace gregor::log
