#include "broker/server/handlers/init_producer_id.h"

#include "broker/drivers/producer_id_manager.h"
#include "broker/drivers/transaction_coordinators.h"
#include "broker/protocol/messages/transactions.h"

namespace gregor::server {
namespace {

using coordinator::InitProducer;
using coordinator::ProducerAnswer;
using protocol::ErrorCode;
using protocol::InitProducerIdRequest;
using protocol::InitProducerIdResponse;

InitProducerIdResponse refusal(ErrorCode error) {
    return {.error_code = error, .producer_epoch = protocol::kNoProducerEpoch};
}

InitProducerIdResponse init_idempotent(HandlerContext& context) {
    const auto id = context.producer_ids().next();
    if (!id) return refusal(ErrorCode::coordinator_load_in_progress);  // which producers retry
    return {.producer_id = *id, .producer_epoch = protocol::ProducerEpoch(0)};
}

void init_transactional(HandlerContext& context, const rpc::Request& request,
                        const InitProducerIdRequest& message, rpc::Reply reply) {
    InitProducer init{.transactional_id = *message.transactional_id,
                      .timeout_ms = message.transaction_timeout_ms,
                      .expected = std::nullopt,
                      .fresh_id = std::nullopt};
    if (message.producer_id != protocol::kNoProducerId) {
        init.expected = {message.producer_id, message.producer_epoch};
    }
    context.transactions().ask<ProducerAnswer>(
        std::move(init), [version = request.version, reply = std::move(reply)](
                             Result<ProducerAnswer, ErrorCode> answer) mutable {
            const ErrorCode error = answer ? answer->error : answer.error();
            if (error != ErrorCode::none) {
                return reply.send(refusal(
                    coordinator::older_error(protocol::ApiKey::init_producer_id, version, error)));
            }
            reply.send(InitProducerIdResponse{.producer_id = answer->producer.id,
                                              .producer_epoch = answer->producer.epoch});
        });
}

}  // namespace

void handle_init_producer_id(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    const auto message = decode_or_close<InitProducerIdRequest>(request, reply);
    if (!message) return;
    // KIP-360: an id without an epoch, or an epoch without an id, makes no sense.
    const bool makes_sense = (message->producer_id == protocol::kNoProducerId) ==
                             (message->producer_epoch == protocol::kNoProducerEpoch);
    if (!makes_sense) return reply.send(refusal(ErrorCode::invalid_request));
    if (!message->transactional_id) return reply.send(init_idempotent(context));
    if (message->transactional_id->empty()) return reply.send(refusal(ErrorCode::invalid_request));
    init_transactional(context, request, *message, std::move(reply));
}

}  // namespace gregor::server
