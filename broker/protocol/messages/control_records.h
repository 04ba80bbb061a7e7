// Values of the control records of KRaft logs and snapshots, and the content of the quorum-state
// file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// The first batch of each epoch. v1 directory ids of the voters (KIP-853).
struct LeaderChangeMessage {
    static constexpr MessageInfo kMessage{.name = "LeaderChangeMessage",
                                          .kind = MessageKind::data,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct Voter {
        NodeId voter_id;
        Uuid voter_directory_id;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int16_t version = 0;
    NodeId leader_id;
    std::vector<Voter> voters;
    std::vector<Voter> granting_voters;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct SnapshotHeaderRecord {
    static constexpr MessageInfo kMessage{.name = "SnapshotHeaderRecord",
                                          .kind = MessageKind::data,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int16_t version = 0;
    std::int64_t last_contained_log_timestamp = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct SnapshotFooterRecord {
    static constexpr MessageInfo kMessage{.name = "SnapshotFooterRecord",
                                          .kind = MessageKind::data,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int16_t version = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// The finalized kraft.version.
struct KRaftVersionRecord {
    static constexpr MessageInfo kMessage{.name = "KRaftVersionRecord",
                                          .kind = MessageKind::data,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::int16_t version = 0;
    std::int16_t k_raft_version = 0;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// The whole voter set from here on (KIP-853).
struct VotersRecord {
    static constexpr MessageInfo kMessage{
        .name = "VotersRecord", .kind = MessageKind::data, .versions = {0, 0}, .first_flexible = 0};

    struct Endpoint {
        std::string name;
        std::string host;
        std::uint16_t port = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct KRaftVersionFeature {
        std::int16_t min_supported_version = 0;
        std::int16_t max_supported_version = 0;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Voter {
        NodeId voter_id;
        Uuid voter_directory_id;
        std::vector<Endpoint> endpoints;
        KRaftVersionFeature k_raft_version_feature;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::int16_t version = 0;
    std::vector<Voter> voters;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

/// Stands in the file as JSON, with data_version. v1 drops cluster id, applied offset and voters,
/// and names the voted directory (KIP-853).
struct QuorumStateData {
    static constexpr MessageInfo kMessage{.name = "QuorumStateData",
                                          .kind = MessageKind::data,
                                          .versions = {0, 1},
                                          .first_flexible = 0};

    struct CurrentVoter {
        NodeId voter_id;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::string cluster_id;
    NodeId leader_id = kNoNode;
    LeaderEpoch leader_epoch = kNoLeaderEpoch;
    NodeId voted_id = kNoNode;
    Uuid voted_directory_id;
    Offset applied_offset;
    std::optional<std::vector<CurrentVoter>> current_voters{std::in_place};
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
