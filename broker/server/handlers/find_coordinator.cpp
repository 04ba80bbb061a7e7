#include "broker/server/handlers/find_coordinator.h"

#include "broker/drivers/group_coordinators.h"
#include "broker/drivers/transaction_coordinators.h"
#include "broker/protocol/messages/group_membership.h"
#include "broker/server/handlers/internal_topics.h"

namespace gregor::server {
namespace {

using protocol::ErrorCode;
using protocol::FindCoordinatorRequest;
using protocol::FindCoordinatorResponse;
using Coordinator = FindCoordinatorResponse::Coordinator;

constexpr std::int16_t kFirstBatched = 4;  // KIP-699: many keys in one request
constexpr std::int8_t kGroup = 0;
constexpr std::int8_t kTransaction = 1;
constexpr std::string_view kNotAvailable = "The coordinator is not available.";
constexpr std::string_view kUnknownType =
    "This most likely occurs because of a request being malformed by the client library or the "
    "message was sent to an incompatible broker. See the broker logs for more details.";
/// What versions before 4 say when all is well.
constexpr std::string_view kNoError = "NONE";

Coordinator refusal(const std::string& key, ErrorCode error, std::string_view why) {
    return {.key = key,
            .node_id = protocol::kNoNode,
            .port = -1,
            .error_code = error,
            .error_message = std::string(why)};
}

/// Where the partition's leader listens for whoever asks.
Coordinator leader_of(const metadata::MetadataImage& image, const rpc::Request& request,
                      const std::string& key, std::string_view topic,
                      std::optional<protocol::PartitionId> partition) {
    const Coordinator not_available =
        refusal(key, ErrorCode::coordinator_not_available, kNotAvailable);
    if (!partition) return not_available;
    const metadata::PartitionState* state = image.find_topic(topic)->find(*partition);
    const metadata::BrokerImage* leader =
        state == nullptr ? nullptr : image.find_broker(state->leader);
    if (leader == nullptr || leader->fenced) return not_available;
    for (const auto& endpoint : leader->end_points) {
        if (endpoint.name != request.listener) continue;
        return {.key = key, .node_id = state->leader, .host = endpoint.host, .port = endpoint.port};
    }
    return not_available;
}

Coordinator find_group(HandlerContext& context, const rpc::Request& request,
                       const std::string& key) {
    make_consumer_offsets(context, request);
    const auto image = context.image();
    return leader_of(*image, request, key, drivers::kConsumerOffsetsTopic,
                     drivers::GroupCoordinators::partition_of(*image, key));
}

Coordinator find_transaction(HandlerContext& context, const rpc::Request& request,
                             const std::string& key) {
    make_transaction_state(context, request);
    const auto image = context.image();
    return leader_of(*image, request, key, drivers::kTransactionStateTopic,
                     drivers::TransactionCoordinators::partition_of(*image, key));
}

Coordinator find(HandlerContext& context, const rpc::Request& request, std::int8_t key_type,
                 const std::string& key) {
    switch (key_type) {
        case kGroup: return find_group(context, request, key);
        case kTransaction: return find_transaction(context, request, key);
        default: return refusal(key, ErrorCode::invalid_request, kUnknownType);
    }
}

}  // namespace

void handle_find_coordinator(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    const auto asked = decode_or_close<FindCoordinatorRequest>(request, reply);
    if (!asked) return;
    FindCoordinatorResponse response;
    if (request.version < kFirstBatched) {
        Coordinator found = find(context, request, asked->key_type, asked->key);
        response.error_code = found.error_code;
        response.error_message =
            found.error_code == ErrorCode::none ? std::string(kNoError) : found.error_message;
        response.node_id = found.node_id;
        response.host = std::move(found.host);
        response.port = found.port;
    }
    for (const std::string& key : asked->coordinator_keys) {
        response.coordinators.push_back(find(context, request, asked->key_type, key));
    }
    reply.send(response);
}

}  // namespace gregor::server
