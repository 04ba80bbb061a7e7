// VoterHistory: which voter set and which kraft.version hold from which offset on.
//
//     offset      static | snapshot 100 | 170 voters | 230 voters | end
//     voters        {1}  |   {1,2}      |  {1,2,3}   |   {1,3}    |  <- in force: the last one
//
// The last set is in force as soon as it is in the log, committed or not (KIP-853): truncation
// brings the one before it back. While kraft.version is 0 the configured voters hold.
#pragma once

#include <map>
#include <vector>

#include "broker/raft/voter_set.h"

namespace gregor::raft {

/// Where the bootstrap snapshot's records stand: before the log.
inline constexpr Offset kBeforeLog{-1};

class VoterHistory {
public:
    VoterHistory() = default;
    /// `static_voters`: controller.quorum.voters, may be empty.
    explicit VoterHistory(VoterSet static_voters) : static_voters_(std::move(static_voters)) {}

    void add_voters(Offset offset, VoterSet voters);
    void add_kraft_version(Offset offset, std::int16_t version);

    /// The set in force.
    [[nodiscard]] const VoterSet& latest() const;
    /// Where it stands in the log; nothing for static voters.
    [[nodiscard]] std::optional<Offset> latest_offset() const;
    /// Where sets stand in the log at or after `start_offset`.
    [[nodiscard]] std::vector<Offset> changes_from(Offset start_offset) const;
    [[nodiscard]] std::int16_t kraft_version() const;
    /// What held below `end_offset`: what a snapshot that ends there says.
    [[nodiscard]] const VoterSet& voters_below(Offset end_offset) const;
    [[nodiscard]] std::int16_t kraft_version_below(Offset end_offset) const;

    /// Forgets what stood at or after `end_offset`. True if anything did.
    bool truncate_to(Offset end_offset);
    /// Forgets what a snapshot up to `start_offset` makes needless: all but the last below it.
    void trim_below(Offset start_offset);
    /// A snapshot's voters replace everything but the configured ones.
    void replace_with(const VoterHistory& snapshot);

private:
    VoterSet static_voters_;
    std::map<Offset, VoterSet> voters_;
    std::map<Offset, std::int16_t> kraft_versions_;
};

}  // namespace gregor::raft
