#include "broker/server/handlers/fetch.h"

#include <algorithm>
#include <utility>

#include "broker/metadata/image.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"
#include "broker/server/handlers/quorum.h"

namespace gregor::server {

namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using replication::FetchContext;
using replication::FetchTarget;

constexpr std::int16_t kFirstVersionWithZstd = 10;
constexpr std::int16_t kFirstVersionWithAnyReplica = 11;
constexpr std::int16_t kFirstVersionWithReplicaState = 15;
constexpr std::int16_t kFirstVersionWithLeaders = 16;
/// How long a fetch waits whose client holds records of partitions that it put aside. A Java
/// consumer has one fetch in flight to each broker: while that one waits for partitions that are
/// drained, those with more to read wait too, for all of max_wait.
constexpr Duration kBusyClientWait = 10ms;

class Answer {
public:
    Answer(HandlerContext& context, const rpc::Request& request, FetchContext session,
           rpc::Reply reply)
        : context_(context),
          version_(request.version),
          listener_(request.listener),
          session_(std::move(session)),
          reply_(std::move(reply)) {}

    void finish(replication::FetchResult result) {
        const auto image = context_.image();
        for (std::size_t i = 0; i < result.partitions.size(); ++i) {
            refine(*image, session_.targets()[i], result.partitions[i]);
        }
        const replication::FetchVerdict verdict = context_.replicas().fetch_sessions().finish(
            session_, result.partitions, context_.runtime.clock().now(), context_.runtime.random());
        FetchResponse response;
        response.error_code = verdict.error;
        response.session_id = verdict.session_id;
        std::vector<rpc::GapPieces> gaps;
        for (const std::size_t i : verdict.included) {
            FetchResponse::Partition& partition = result.partitions[i];
            if (partition.records.is_gap()) gaps.push_back({std::move(result.records[i])});
            topic_of(response, session_.targets()[i]).partitions.push_back(std::move(partition));
        }
        response.node_endpoints = std::move(endpoints_);
        reply_.send(response, std::move(gaps));
    }

private:
    /// Neighbours of one topic share its entry.
    static FetchResponse::Topic& topic_of(FetchResponse& response, const FetchTarget& target) {
        if (response.responses.empty() || response.responses.back().topic != target.topic ||
            response.responses.back().topic_id != target.topic_id) {
            FetchResponse::Topic& topic = response.responses.emplace_back();
            topic.topic = target.topic;
            topic.topic_id = target.topic_id;
        }
        return response.responses.back();
    }
    void refine(const metadata::MetadataImage& image, const FetchTarget& target,
                FetchResponse::Partition& partition) {
        partition.error_code =
            refine_error(partition.error_code, image, target.topic, partition.partition_index);
        // Kafka refuses what the metadata does not know before it asks its replicas, whose errors
        // have null here.
        if (partition.error_code == ErrorCode::unknown_topic_or_partition ||
            partition.error_code == ErrorCode::unknown_topic_id) {
            partition.aborted_transactions.emplace();
        }
        if (version_ < kFirstVersionWithLeaders) return;
        if (partition.error_code != ErrorCode::not_leader_or_follower &&
            partition.error_code != ErrorCode::fenced_leader_epoch) {
            return;
        }
        const CurrentLeader leader = current_leader(image, target.topic, partition.partition_index);
        partition.current_leader.leader_id = leader.id;
        partition.current_leader.leader_epoch = leader.epoch;
        add_node_endpoint(endpoints_, image, leader.id, listener_);
    }

    HandlerContext& context_;
    std::int16_t version_;
    std::string_view listener_;
    FetchContext session_;
    rpc::Reply reply_;
    std::vector<FetchResponse::NodeEndpoint> endpoints_;
};

}  // namespace

void handle_fetch(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    if (context.is_from_controller_listener(request)) {
        handle_fetch_metadata(context, request, std::move(reply));
        return;
    }
    const auto message = decode_or_close<FetchRequest>(request, reply);
    if (!message) return;
    const protocol::NodeId replica_id = request.version < kFirstVersionWithReplicaState
                                            ? message->replica_id
                                            : message->replica_state.replica_id;
    const bool is_follower = replica_id >= protocol::NodeId(0);
    const auto image = context.image();
    FetchContext session = context.replicas().fetch_sessions().begin(
        request.version, *message, is_follower, context.runtime.clock().now(),
        [&image](const protocol::TopicId& id) -> std::optional<std::string> {
            const metadata::TopicImage* topic = image->find_topic(id);
            return topic == nullptr ? std::nullopt : std::optional(topic->name);
        });
    Duration max_wait = std::chrono::milliseconds(std::max(message->max_wait_ms, 0));
    if (session.client_holds_records()) max_wait = std::min(max_wait, kBusyClientWait);
    if (session.error() != ErrorCode::none) max_wait = Duration::zero();
    const replication::FetchParams params{
        .read_committed = message->isolation_level == 1,
        .replica_id = is_follower ? replica_id : protocol::kNoNode,
        .replica_epoch = message->replica_state.replica_epoch,
        .rack = message->rack_id,
        .any_replica = !is_follower && request.version >= kFirstVersionWithAnyReplica,
        .refuse_zstd = request.version < kFirstVersionWithZstd,
        .max_wait = max_wait,
        .min_bytes = message->min_bytes,
        .max_bytes = message->max_bytes};
    std::vector<FetchTarget> targets = session.targets();
    context.replicas().fetch(
        params, std::move(targets),
        [answer = Answer(context, request, std::move(session), std::move(reply))](
            auto result) mutable { answer.finish(std::move(result)); });
}

}  // namespace gregor::server
