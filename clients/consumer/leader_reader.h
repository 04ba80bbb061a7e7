// LeaderReader: everything that a consumer asks of one broker about the partitions that it leads:
// where to begin (ListOffsets), whether the log is still the same (OffsetForLeaderEpoch), and the
// records, one fetch in flight. A broker that does not answer holds up its own partitions only.
#pragma once

#include <vector>

#include "clients/client/fetch_session.h"
#include "clients/consumer/consumer_state.h"

namespace gregor::consumer {

class LeaderReader {
public:
    LeaderReader(ConsumerState& state, protocol::NodeId leader) : state_(state), leader_(leader) {}

    /// Until cancelled.
    void run();

private:
    using Questions = std::vector<PositionQuestion>;

    void reset(const Questions& questions);
    void validate(const Questions& questions);
    void fetch(const Questions& questions);
    void take(const protocol::FetchResponse& answer, const Questions& questions);
    void take(const PositionQuestion& question, const AnswerOutcome& outcome);
    /// The partition is asked about again, of another leader if there is one.
    void try_again(const PositionQuestion& question);
    void answered_with(const PositionQuestion& question, protocol::ErrorCode error);
    [[nodiscard]] Instant end_of_try();

    ConsumerState& state_;
    protocol::NodeId leader_;
    client::FetchSession session_;
};

}  // namespace gregor::consumer
