// TransactionManager: the transactions of one producer, as a pure machine. It says what is to be
// asked of a coordinator next and is told what came of it; it never waits.
//
//                    init                begin                    commit
//     uninitialized ─────> initializing ─────> ready ─────> in_transaction ─────> committing
//                               ^               ^             │ error │ abort        │   │ error
//                               │ next epoch    │ ended       v       v        ended │   v
//                               └───────────────┴──── aborting <── abortable_error <─┼───┘
//                                               ^────────────────────────────────────┘
//     any ── fenced, not authorized, … ──> fatal_error
//
// Errors are of three kinds. Those that pass are asked again without end: an application that waits
// for max.block.ms calls the same again, and goes on waiting for the same. After an abortable one
// the transaction can only be aborted. After a fatal one the producer can only be closed.
//
// Where the cluster's transaction.version is 2 (KIP-890) a transaction has an epoch of its own,
// told by the answer to EndTxn, and partitions and groups join by being written to. Elsewhere they
// are added first, and after a failed batch, or a request without an answer, the producer asks for
// the next epoch itself once the transaction has ended (KIP-360), so that what it may still have
// under way is fenced.
//
// Who drives it: transactions.cpp carries the requests, one at a time, producer.cpp brings what the
// application asks for, sender.cpp tells of batches that failed. Sources: KIP-98, KIP-360, KIP-447,
// KIP-588, KIP-890.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "broker/protocol/messages/transactions.h"
#include "clients/client/error.h"
#include "clients/client/offsets.h"
#include "clients/producer/producer_batch.h"

namespace gregor::producer {

struct TransactionManagerOptions {
    std::string transactional_id;
    Duration transaction_timeout = 60s;
    Duration retry_backoff = 100ms;
};

enum class TransactionState : std::uint8_t {
    uninitialized,
    initializing,
    ready,
    in_transaction,
    committing,
    aborting,
    abortable_error,
    fatal_error,
};
/// As Kafka's messages have it: IN_TRANSACTION.
[[nodiscard]] std::string_view name(TransactionState state);

/// What the driver does next.
struct WaitUntil {
    Instant time;  // or until something happens
};
/// Of a group's coordinator; the others are of the transaction's.
struct CommitOffsets {
    std::string group_id;
    protocol::TxnOffsetCommitRequest request;
    std::int16_t newest;  // version
};
struct EndTransaction {
    protocol::EndTxnRequest request;
    std::int16_t newest;  // version
};
using TransactionStep =
    std::variant<WaitUntil, protocol::InitProducerIdRequest, protocol::AddPartitionsToTxnRequest,
                 protocol::AddOffsetsToTxnRequest, CommitOffsets, EndTransaction>;

class TransactionManager {
public:
    using Outcome = Result<void, client::Error>;
    template <class Response>
    using Answer = Result<Response, client::Error>;

    explicit TransactionManager(TransactionManagerOptions options) : options_(std::move(options)) {}

    // The application's side. INVALID_TXN_STATE: not in this state, or something else is still
    // under way. In an error state: that error.

    [[nodiscard]] Outcome init();
    [[nodiscard]] Outcome begin();
    [[nodiscard]] Outcome send_offsets(client::Offsets offsets, client::GroupMetadata group);
    [[nodiscard]] Outcome commit();
    [[nodiscard]] Outcome abort();
    /// What came of the last of init(), send_offsets(), commit() and abort(); told once.
    [[nodiscard]] std::optional<Outcome> take_outcome();

    /// Whether a record may be sent now.
    [[nodiscard]] Outcome check_send() const;
    /// A record is sent to the partition. True if its batches may go out at once; else they may
    /// when take_added() names it.
    [[nodiscard]] bool join(const client::TopicPartition& partition, PartitionSlot slot);
    [[nodiscard]] std::vector<PartitionSlot> take_added();
    /// What came of a batch of the open transaction.
    void batch_failed(const client::Error& error);

    // The driver's side. An answer is what a coordinator said, or why it said nothing.

    /// Of the cluster, as far as it is known; what is open keeps what it began with.
    void set_version_2(bool is_version_2) { is_cluster_version_2_ = is_version_2; }
    /// `has_batches`: some are not done. A transaction does not end before they are.
    [[nodiscard]] TransactionStep next(Instant now, bool has_batches);
    void initialized(Instant now, const Answer<protocol::InitProducerIdResponse>& answer);
    void partitions_added(Instant now, const Answer<protocol::AddPartitionsToTxnResponse>& answer);
    void offsets_added(Instant now, const Answer<protocol::AddOffsetsToTxnResponse>& answer);
    void offsets_committed(Instant now, const Answer<protocol::TxnOffsetCommitResponse>& answer);
    void ended(Instant now, const Answer<protocol::EndTxnResponse>& answer);

    [[nodiscard]] TransactionState state() const { return state_; }
    /// Of the open transaction: version 2 of transactions.
    [[nodiscard]] bool is_version_2() const { return is_version_2_; }
    [[nodiscard]] bool is_open() const;
    /// The application has asked for its end, and that has not come; also while the next epoch is
    /// asked for after it.
    [[nodiscard]] bool is_ending() const;
    [[nodiscard]] ProducerIdentity identity() const { return identity_; }
    /// In an error state.
    [[nodiscard]] const client::Error& error() const { return *error_; }
    void check_invariants() const;

private:
    enum class Operation : std::uint8_t { init, send_offsets, commit, abort };
    struct Pending {
        Operation operation;
        std::optional<Outcome> outcome = {};
    };
    struct Member {
        PartitionSlot slot;
        bool is_added = false;
    };
    struct GroupOffsets {
        client::GroupMetadata group;
        client::Offsets offsets;
        bool is_added = false;
    };
    enum class Meaning : std::uint8_t { done, again, abortable, fatal };

    [[nodiscard]] Outcome refuse_state(std::string_view to) const;
    [[nodiscard]] Outcome check_no_error() const;
    /// Whether the application waits for the same already. INVALID_TXN_STATE: for something else.
    [[nodiscard]] Result<bool, client::Error> goes_on(Operation operation) const;
    void start(Operation operation);
    void finish(Outcome outcome);

    [[nodiscard]] std::optional<TransactionStep> step_to_join() const;
    [[nodiscard]] TransactionStep step_to_end(bool commit);
    [[nodiscard]] protocol::InitProducerIdRequest init_request() const;
    [[nodiscard]] protocol::AddPartitionsToTxnRequest add_partitions_request() const;
    [[nodiscard]] CommitOffsets commit_offsets_request(const GroupOffsets& offsets) const;

    [[nodiscard]] static Meaning meaning_of(protocol::ErrorCode code);
    /// True if the answer was a success; else it has been dealt with.
    [[nodiscard]] bool settle(Instant now, const client::Error& error);
    /// What was not answered may come late, in the middle of the next transaction, which has the
    /// same epoch in version 1, and would end it, or commit older offsets with it.
    void may_come_late();
    void ask_again(Instant now);
    void fail_abortably(const client::Error& error);
    void fail_fatally(const client::Error& error);
    /// The transaction has ended, or had not begun.
    void complete();
    [[nodiscard]] client::Error fenced() const;

    TransactionManagerOptions options_;
    TransactionState state_ = TransactionState::uninitialized;
    std::optional<client::Error> error_;
    std::optional<Pending> pending_;
    ProducerIdentity identity_;
    bool is_cluster_version_2_ = false;
    bool is_version_2_ = false;
    /// A coordinator may know of the transaction.
    bool is_started_ = false;
    bool needs_next_epoch_ = false;
    /// The coordinator does not know the producer id: it would not end the transaction either.
    bool is_unknown_ = false;
    /// A commit was asked for that may have been done, without an answer that says so.
    bool may_be_committed_ = false;
    std::map<client::TopicPartition, Member> members_;
    std::vector<PartitionSlot> added_;  // to be told
    std::deque<GroupOffsets> offsets_;  // to be committed, in the order in which they came
    Instant not_before_{};
};

}  // namespace gregor::producer
