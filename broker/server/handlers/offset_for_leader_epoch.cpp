#include "broker/server/handlers/offset_for_leader_epoch.h"

#include "broker/metadata/image.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"

namespace gregor::server {

using protocol::OffsetForLeaderEpochRequest;
using protocol::OffsetForLeaderEpochResponse;

void handle_offset_for_leader_epoch(HandlerContext& context, const rpc::Request& request,
                                    rpc::Reply reply) {
    const auto message = decode_or_close<OffsetForLeaderEpochRequest>(request, reply);
    if (!message) return;
    const auto image = context.image();
    OffsetForLeaderEpochResponse response;
    for (const OffsetForLeaderEpochRequest::Topic& topic : message->topics) {
        OffsetForLeaderEpochResponse::Topic& answers = response.topics.emplace_back();
        answers.topic = topic.topic;
        for (const OffsetForLeaderEpochRequest::Partition& partition : topic.partitions) {
            OffsetForLeaderEpochResponse::Partition& answer = answers.partitions.emplace_back();
            answer.partition = partition.partition;
            const auto end = context.replicas().offset_for_leader_epoch(
                {topic.topic, partition.partition.value()}, partition.current_leader_epoch,
                partition.leader_epoch);
            if (end) {
                answer.leader_epoch = end->epoch;
                answer.end_offset = end->end_offset;
            } else {
                answer.error_code =
                    refine_error(end.error(), *image, topic.topic, partition.partition);
            }
        }
    }
    reply.send(response);
}

}  // namespace gregor::server
