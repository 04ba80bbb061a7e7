// ReplicaAnswers: what a broker tells clients of a replica, held against what the replica was when
// the broker was asked and what it is when the answer has come:
//
//     before      asked ───────> answered       after
//     hw 40 ......................................47        a high watermark told is 40 … 47
//
// Where both agree on who leads in which epoch, and nothing was truncated in between, only one
// answer may be given, but for marks that have risen meanwhile. Else nothing is said.
//
// M6 an answer to who believes in another leader epoch; L4 where an epoch ends (KIP-101, KIP-279);
// L10 offsets by time; T7 the end of the log; L13 what a fetch may give, and to which follower a
// leader may point (KIP-392); L9 who has written to it (KIP-664). Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "scenarios/checkers/answer_fault.h"
#include "scenarios/checkers/cluster_view.h"

namespace gregor::scenarios {

using protocol::ErrorCode;

/// A replica on a broker that serves, at one instant.
struct ReplicaMoment {
    bool is_there = false;
    std::uint64_t start = 0;  // which run of the process
    std::int64_t truncations = 0;
    SeenRole role = SeenRole::none;
    LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
    LogMarks marks;
    std::vector<log::EpochEntry> epochs;
    // A leader's.
    Offset epoch_start_offset{0};
    /// Of the in-sync set, as the leader knows of them.
    struct Follower {
        Offset log_start_offset;
        Offset log_end_offset;
        std::string rack;
    };
    std::map<NodeId, Follower> in_sync;
    std::string rack;  // the broker's own
    /// What tools are told of who has written to the log.
    struct Producer {
        protocol::ProducerEpoch producer_epoch = protocol::kNoProducerEpoch;
        std::int32_t last_sequence = -1;
        std::int64_t last_timestamp = -1;
        std::int32_t coordinator_epoch = -1;
        Offset current_txn_start_offset = protocol::kNoOffset;

        friend bool operator==(const Producer&, const Producer&) = default;
    };
    using Producers = std::map<protocol::ProducerId, Producer>;
    Producers producers;
};

class ReplicaAnswers {
public:
    ReplicaAnswers(const ReplicaMoment& before, const ReplicaMoment& after)
        : before_(before), after_(after) {}

    using Verdict = AnswerVerdict;

    /// Whether there is anything to hold an answer against: the replica has not begun anew
    /// meanwhile.
    [[nodiscard]] bool is_steady() const;

    struct EpochEnd {
        LeaderEpoch current_leader_epoch = protocol::kNoLeaderEpoch;  // that the client believes in
        LeaderEpoch asked;
        ErrorCode error = ErrorCode::none;
        LeaderEpoch leader_epoch;
        Offset end_offset;
    };
    /// OffsetForLeaderEpoch.
    [[nodiscard]] Verdict check(const EpochEnd& told) const;

    struct Listed {
        LeaderEpoch current_leader_epoch = protocol::kNoLeaderEpoch;
        bool read_committed = false;
        std::int64_t asked = 0;  // a time, -1 for the latest, -2 for the earliest
        ErrorCode error = ErrorCode::none;
        std::int64_t timestamp = -1;
        Offset offset;
        LeaderEpoch leader_epoch;
    };
    /// ListOffsets. `batches`: of the replica's log, as it is after the answer.
    [[nodiscard]] Verdict check(const Listed& told, std::span<const SeenBatch> batches) const;

    struct Fetched {
        LeaderEpoch current_leader_epoch = protocol::kNoLeaderEpoch;
        bool read_committed = false;
        Offset asked;
        std::string rack;  // the client's
        /// Whether leaders point to followers in the rack of who asks.
        bool selects_by_rack = false;
        ErrorCode error = ErrorCode::none;
        Offset high_watermark;
        NodeId preferred_read_replica = protocol::kNoNode;
        /// Behind the last record; nothing if there were none.
        std::optional<Offset> end_offset;
    };
    /// A consumer's Fetch, of a leader or a follower, that does not wait and has room for a batch.
    [[nodiscard]] Verdict check(const Fetched& told) const;

    struct Described {
        ErrorCode error = ErrorCode::none;
        ReplicaMoment::Producers producers;
    };
    /// DescribeProducers.
    [[nodiscard]] Verdict check(const Described& told) const;

private:
    /// Where the epoch that is asked for ends if the log ended there.
    [[nodiscard]] log::EpochEnd end_of(LeaderEpoch asked, Offset log_end_offset) const;
    [[nodiscard]] LeaderEpoch epoch_at(Offset offset) const;
    [[nodiscard]] Verdict check_error(ErrorCode told, LeaderEpoch believed, bool of_leader) const;
    [[nodiscard]] Verdict check_latest(const Listed& told) const;
    [[nodiscard]] Verdict check_by_time(const Listed& told,
                                        std::span<const SeenBatch> batches) const;
    [[nodiscard]] Verdict check_preferred(const Fetched& told) const;
    [[nodiscard]] static bool fits(const ReplicaMoment& leader, NodeId follower,
                                   const Fetched& told);
    [[nodiscard]] static Offset bound(const ReplicaMoment& moment, bool read_committed) {
        return read_committed ? moment.marks.last_stable_offset : moment.marks.high_watermark;
    }
    /// KIP-207: a new leader that does not know yet what those before it have told.
    [[nodiscard]] static bool lags(const ReplicaMoment& moment) {
        return moment.epoch_start_offset > moment.marks.high_watermark;
    }

    const ReplicaMoment& before_;
    const ReplicaMoment& after_;
};

}  // namespace gregor::scenarios
