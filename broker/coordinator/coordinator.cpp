#include "broker/coordinator/coordinator.h"

namespace gregor::coordinator {

protocol::ErrorCode coordinator_error(protocol::ErrorCode error) {
    using protocol::ErrorCode;
    switch (error) {
        case ErrorCode::none: return ErrorCode::none;
        case ErrorCode::not_leader_or_follower:
        case ErrorCode::kafka_storage_error: return ErrorCode::not_coordinator;
        case ErrorCode::unknown_topic_or_partition:
        case ErrorCode::not_enough_replicas:
        case ErrorCode::not_enough_replicas_after_append:
        case ErrorCode::request_timed_out: return ErrorCode::coordinator_not_available;
        // What is too large depends on the request: it says so in its own words.
        case ErrorCode::message_too_large:
        case ErrorCode::record_list_too_large: return ErrorCode::message_too_large;
        // Of records in a transaction, whose client knows them.
        case ErrorCode::invalid_producer_epoch:
        case ErrorCode::invalid_txn_state: return error;
        default: return ErrorCode::unknown_server_error;
    }
}

}  // namespace gregor::coordinator
