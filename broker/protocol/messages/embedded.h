// Structs that travel inside bytes fields of other messages, after a 2-byte version: what consumers
// tell each other through JoinGroup and SyncGroup, and the principal of an Envelope.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v1 owned partitions (KIP-429) · v2 generation (KIP-792) · v3 rack (KIP-881).
struct ConsumerProtocolSubscription {
    static constexpr MessageInfo kMessage{
        .name = "ConsumerProtocolSubscription", .kind = MessageKind::data, .versions = {0, 3}};

    struct OwnedPartition {
        std::string topic;
        std::vector<PartitionId> partitions;

        static const Fields& fields();
    };

    std::vector<std::string> topics;
    std::optional<Bytes> user_data;
    std::vector<OwnedPartition> owned_partitions;
    std::int32_t generation_id = -1;
    std::optional<std::string> rack_id;

    static const Fields& fields();
};

/// v1 to v3 have the layout of v0.
struct ConsumerProtocolAssignment {
    static constexpr MessageInfo kMessage{
        .name = "ConsumerProtocolAssignment", .kind = MessageKind::data, .versions = {0, 3}};

    struct AssignedPartition {
        std::string topic;
        std::vector<PartitionId> partitions;

        static const Fields& fields();
    };

    std::vector<AssignedPartition> assigned_partitions;
    std::optional<Bytes> user_data;

    static const Fields& fields();
};

struct DefaultPrincipalData {
    static constexpr MessageInfo kMessage{.name = "DefaultPrincipalData",
                                          .kind = MessageKind::data,
                                          .versions = {0, 0},
                                          .first_flexible = 0};

    std::string type;
    std::string name;
    bool token_authenticated = false;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
