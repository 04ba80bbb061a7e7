#include "broker/server/handlers/controller_requests.h"

namespace gregor::server {
namespace {

/// For requests whose answer has an error for the whole of it.
template <class Request>
void pass_on(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    answer_from_controller<Request>(context, request, std::move(reply),
                                    [](const Request&, protocol::ErrorCode error) {
                                        typename drivers::ResponseOf<Request>::type refusal;
                                        refusal.error_code = error;
                                        return refusal;
                                    });
}

}  // namespace

void handle_broker_registration(HandlerContext& context, const rpc::Request& request,
                                rpc::Reply reply) {
    pass_on<protocol::BrokerRegistrationRequest>(context, request, std::move(reply));
}

void handle_broker_heartbeat(HandlerContext& context, const rpc::Request& request,
                             rpc::Reply reply) {
    pass_on<protocol::BrokerHeartbeatRequest>(context, request, std::move(reply));
}

void handle_allocate_producer_ids(HandlerContext& context, const rpc::Request& request,
                                  rpc::Reply reply) {
    pass_on<protocol::AllocateProducerIdsRequest>(context, request, std::move(reply));
}

void handle_controller_registration(HandlerContext& context, const rpc::Request& request,
                                    rpc::Reply reply) {
    pass_on<protocol::ControllerRegistrationRequest>(context, request, std::move(reply));
}

void handle_alter_partition(HandlerContext& context, const rpc::Request& request,
                            rpc::Reply reply) {
    pass_on<protocol::AlterPartitionRequest>(context, request, std::move(reply));
}

void handle_assign_replicas_to_dirs(HandlerContext& context, const rpc::Request& request,
                                    rpc::Reply reply) {
    pass_on<protocol::AssignReplicasToDirsRequest>(context, request, std::move(reply));
}

void handle_unregister_broker(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    pass_on<protocol::UnregisterBrokerRequest>(context, request, std::move(reply));
}

void handle_elect_leaders(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    pass_on<protocol::ElectLeadersRequest>(context, request, std::move(reply));
}

void handle_alter_partition_reassignments(HandlerContext& context, const rpc::Request& request,
                                          rpc::Reply reply) {
    pass_on<protocol::AlterPartitionReassignmentsRequest>(context, request, std::move(reply));
}

void handle_list_partition_reassignments(HandlerContext& context, const rpc::Request& request,
                                         rpc::Reply reply) {
    pass_on<protocol::ListPartitionReassignmentsRequest>(context, request, std::move(reply));
}

void handle_update_features(HandlerContext& context, const rpc::Request& request,
                            rpc::Reply reply) {
    pass_on<protocol::UpdateFeaturesRequest>(context, request, std::move(reply));
}

}  // namespace gregor::server
