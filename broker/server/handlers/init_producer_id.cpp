#include "broker/server/handlers/init_producer_id.h"

#include "broker/drivers/producer_id_manager.h"
#include "broker/protocol/messages/transactions.h"

namespace gregor::server {
namespace {

using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

InitProducerIdResponse refusal(ErrorCode error) {
    return {.error_code = error, .producer_epoch = protocol::kNoProducerEpoch};
}

InitProducerIdResponse init(HandlerContext& context, const InitProducerIdRequest& request) {
    if (request.transactional_id) {
        return refusal(request.transactional_id->empty() ? ErrorCode::invalid_request
                                                         : ErrorCode::coordinator_not_available);
    }
    // KIP-360: an id without an epoch, or an epoch without an id, makes no sense.
    if ((request.producer_id == protocol::kNoProducerId) !=
        (request.producer_epoch == protocol::kNoProducerEpoch)) {
        return refusal(ErrorCode::invalid_request);
    }
    const auto id = context.producer_ids().next();
    if (!id) return refusal(ErrorCode::coordinator_load_in_progress);  // which producers retry
    return {.producer_id = *id, .producer_epoch = protocol::ProducerEpoch(0)};
}

}  // namespace

void handle_init_producer_id(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    const auto message = decode_or_close<InitProducerIdRequest>(request, reply);
    if (!message) return;
    reply.send(init(context, *message));
}

}  // namespace gregor::server
