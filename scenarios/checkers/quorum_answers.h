// QuorumAnswers: what DescribeQuorum tells of the metadata quorum, held against who led it when it
// was asked and who leads it when the answer has come:
//
//     before      asked ───────> answered       after
//     n2 in 7, hw 40 .........................n2 in 7, hw 47      a high watermark told is 40 … 47
//
// Two may lead at once, the older of them without knowing; an answer is of one of them. M3: who
// leads in which epoch, over which voters; M1: how far the quorum has come, by what its leader
// knows of the others. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "broker/protocol/messages/voters.h"
#include "scenarios/checkers/answer_fault.h"
#include "sim/base/time.h"

namespace gregor::scenarios {

/// The quorum's leaders at one instant.
struct QuorumMoment {
    /// As its leader knows of it, on the leader's clock.
    struct Replica {
        std::optional<protocol::Offset> end_offset;
        std::optional<Instant> last_fetch;
        std::optional<Instant> last_caught_up;
    };
    using Replicas = std::map<std::pair<protocol::NodeId, protocol::Uuid>, Replica>;
    struct Leader {
        std::uint64_t start = 0;  // which run of the process
        protocol::LeaderEpoch epoch{0};
        protocol::Offset high_watermark = protocol::kNoOffset;
        protocol::Offset log_end_offset{0};
        protocol::Offset voters_since = protocol::kNoOffset;  // where their set stands in the log
        Replicas voters;
        Replicas observers;
        Instant now{};             // of its clock
        std::int64_t wall_ms = 0;  // of its time of day
    };
    std::map<protocol::NodeId, Leader> leaders;
    protocol::LeaderEpoch newest_epoch{-1};  // that anybody knows of
};

class QuorumAnswers {
public:
    /// Both outlive it.
    QuorumAnswers(const QuorumMoment& before, const QuorumMoment& after)
        : before_(before), after_(after) {}

    /// One that is no error.
    [[nodiscard]] AnswerVerdict check(const protocol::DescribeQuorumResponse& told) const;

private:
    const QuorumMoment& before_;
    const QuorumMoment& after_;
};

}  // namespace gregor::scenarios
