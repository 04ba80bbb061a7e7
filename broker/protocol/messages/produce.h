// Produce (0): record batches for partitions that this broker leads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

/// v3 transactional id and record batch v2 (older ones carry message formats that no broker keeps)
/// · v5 log start offset · v7 zstd · v8 errors per record · v9 flexible · v10 the new leader after
/// NOT_LEADER_OR_FOLLOWER (KIP-951) · v11 TRANSACTION_ABORTABLE · v12 partitions join the
/// transaction by being produced to (KIP-890).
struct ProduceRequest {
    static constexpr MessageInfo kMessage{.name = "ProduceRequest",
                                          .kind = MessageKind::request,
                                          .id = 0,
                                          .versions = {0, 12},
                                          .first_flexible = 9};

    struct Partition {
        PartitionId index;
        RecordsField records;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partition_data;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::optional<std::string> transactional_id;
    std::int16_t acks = 0;
    std::int32_t timeout_ms = 0;
    std::vector<Topic> topic_data;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

struct ProduceResponse {
    static constexpr MessageInfo kMessage{.name = "ProduceResponse",
                                          .kind = MessageKind::response,
                                          .id = 0,
                                          .versions = {0, 12},
                                          .first_flexible = 9};

    struct RecordError {
        std::int32_t batch_index = 0;
        std::optional<std::string> batch_index_error_message;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct CurrentLeader {
        NodeId leader_id = kNoNode;
        LeaderEpoch leader_epoch = kNoLeaderEpoch;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Partition {
        PartitionId index;
        ErrorCode error_code = ErrorCode::none;
        Offset base_offset;
        std::int64_t log_append_time_ms = -1;
        Offset log_start_offset = kNoOffset;
        std::vector<RecordError> record_errors;
        std::optional<std::string> error_message;
        CurrentLeader current_leader;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct Topic {
        std::string name;
        std::vector<Partition> partition_responses;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    struct NodeEndpoint {
        NodeId node_id;
        std::string host;
        std::int32_t port = 0;
        std::optional<std::string> rack;
        UnknownTags unknown_tags;

        static const Fields& fields();
    };

    std::vector<Topic> responses;
    std::int32_t throttle_time_ms = 0;
    std::vector<NodeEndpoint> node_endpoints;
    UnknownTags unknown_tags;

    static const Fields& fields();
};

}  // namespace gregor::protocol
