#include "broker/server/handlers/controller_requests.h"

namespace gregor::server {
namespace {

template <class Request>
void answer_as_controller(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<Request>(request, reply);
    if (!message) return;
    const auto answer = context.metadata.controller().handle(*message, request.version);
    if (answer) {
        reply.send(*answer);
        return;
    }
    typename drivers::ResponseOf<Request>::type refusal;
    refusal.error_code = answer.error();
    reply.send(refusal);
}

}  // namespace

void handle_broker_registration(HandlerContext& context, const rpc::Request& request,
                                rpc::Reply reply) {
    answer_as_controller<protocol::BrokerRegistrationRequest>(context, request, std::move(reply));
}

void handle_broker_heartbeat(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    answer_as_controller<protocol::BrokerHeartbeatRequest>(context, request, std::move(reply));
}

void handle_allocate_producer_ids(HandlerContext& context, const rpc::Request& request,
                                  rpc::Reply reply) {
    answer_as_controller<protocol::AllocateProducerIdsRequest>(context, request, std::move(reply));
}

void handle_controller_registration(HandlerContext& context, const rpc::Request& request,
                                    rpc::Reply reply) {
    answer_as_controller<protocol::ControllerRegistrationRequest>(context, request,
                                                                  std::move(reply));
}

}  // namespace gregor::server
