// What a coordinator is to its driver: the state machine of one partition of an internal topic
// (__consumer_offsets, __transaction_state), and the data that go in and out.
//
//     request, tick ──handle──> Outcome{records, answers} ──append──> apply(record) ──> answers
//                                                             log ──replay──^
//
// Decide, then apply: handle(), tick() and append_done() decide; what is replicated changes in
// apply() alone, which a replayed log takes too. So an append that fails has changed nothing that
// is replicated. What a machine keeps beside that (who waits, timers, a rebalance that runs) dies
// with the leadership, and loaded() makes it anew.
//
// Answers are sent when every record written before them is committed (KAFKA-16973): an answer
// without records of its own, too, tells of nothing that a new leader might not know.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/metadata/image.h"
#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "sim/base/bytes.h"
#include "sim/base/result.h"

namespace gregor::coordinator {

/// Key and value as they stand in the log, each with its 2-byte type or version in front; no value:
/// a tombstone.
struct CoordinatorRecord {
    Bytes key;
    std::optional<Bytes> value;

    friend bool operator==(const CoordinatorRecord&, const CoordinatorRecord&) = default;
};

/// What the batch says that a record came in.
struct RecordOrigin {
    protocol::Offset offset{0};
    /// Of a transactional batch, whose records count when its transaction is committed.
    protocol::ProducerId producer_id = protocol::kNoProducerId;
};

/// What a machine cannot know by itself.
struct CoordinatorContext {
    std::int64_t now_ms = 0;   // of a clock that never jumps: timeouts are measured by it
    std::int64_t wall_ms = 0;  // time of day: what is written down
    /// Of its partition, the same for as long as it lives: who comes later has a higher one.
    protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
    /// The cluster as of the newest image; never null. At least the one that made this broker the
    /// coordinator, so that it knows every topic that the log's records were checked against.
    metadata::ImageRef image;
};

/// A request that was not answered yet, as the driver numbers them.
using RequestId = std::uint64_t;
/// Records whose commit the machine waits for, as the machine numbers them.
using AppendId = std::uint64_t;

template <class Response>
struct Answer {
    RequestId request = 0;
    Response response;
};

/// The transaction that records belong to: they count when it is committed.
struct RecordsTransaction {
    protocol::ProducerId producer_id;
    protocol::ProducerEpoch producer_epoch;
    /// Of the partition's leader, from before the transaction's coordinator was asked (KIP-890).
    std::uint64_t verification_guard = 0;
};

/// The end of a transaction on a partition, as its coordinator tells it.
struct TransactionEnd {
    protocol::ProducerId producer_id;
    protocol::ProducerEpoch producer_epoch;
    bool commit = false;
    std::int32_t coordinator_epoch = 0;
    /// transaction.version 2: the epoch is above that of what it ends.
    bool has_epoch_per_transaction = false;
};

/// What was decided.
template <class Response>
struct Outcome {
    /// One batch: all are written or none.
    std::vector<CoordinatorRecord> records;
    std::optional<RecordsTransaction> transaction;
    /// To this request or to others that waited. Where the records cannot be written or committed
    /// the driver answers with an error instead.
    std::vector<Answer<Response>> answers;
    /// Set: append_done() is told what became of the records.
    std::optional<AppendId> append;
};

/// A request may stay unanswered until a later outcome answers it; when the leadership ends the
/// driver answers it NOT_COORDINATOR.
template <class Machine>
concept CoordinatorMachine =
    requires(Machine machine, const CoordinatorContext& context, RequestId id, AppendId append,
             const typename Machine::Request& request, const RecordOrigin& origin,
             const CoordinatorRecord& record) {
        /// A record of the log. A text: it is damaged, or newer than this code.
        { machine.apply(origin, record) } -> std::same_as<Result<void, std::string>>;
        /// The transaction of this producer ends here.
        { machine.end_transaction(protocol::ProducerId{}, bool{}) } -> std::same_as<void>;
        /// The log is replayed: from now on requests come.
        { machine.loaded(context) } -> std::same_as<void>;
        {
            machine.handle(context, id, request)
        } -> std::same_as<Outcome<typename Machine::Response>>;
        { machine.tick(context) } -> std::same_as<Outcome<typename Machine::Response>>;
        {
            machine.append_done(context, append, protocol::ErrorCode::none)
        } -> std::same_as<Outcome<typename Machine::Response>>;
        /// When tick() has something to do; nothing: never, as things stand.
        { machine.next_tick_ms() } -> std::same_as<std::optional<std::int64_t>>;
        machine.check_invariants();  // all of it; each decision checks what it touched
    };

/// What the client of a coordinator is told when its records could not be written or committed
/// because of `error`; MESSAGE_TOO_LARGE is for whoever knows the request to translate.
[[nodiscard]] protocol::ErrorCode coordinator_error(protocol::ErrorCode error);

}  // namespace gregor::coordinator
