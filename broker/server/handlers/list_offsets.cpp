#include "broker/server/handlers/list_offsets.h"

#include <set>
#include <utility>

#include "broker/metadata/image.h"
#include "broker/protocol/messages/list_offsets.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"

namespace gregor::server {

namespace {

using protocol::ErrorCode;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

constexpr std::int16_t kFirstVersionWithOffsetNotAvailable = 5;
constexpr protocol::NodeId kDebugger{-2};

/// The first version in which a negative timestamp means something.
std::int16_t first_version_with(std::int64_t timestamp) {
    switch (timestamp) {
        case -1:
        case -2: return 1;
        case -3: return 7;
        case -4: return 8;
        case -5: return 9;
        default: return protocol::VersionRange::kOpen;
    }
}

replication::ListedOffset look_up(HandlerContext& context, std::int16_t version,
                                  const ListOffsetsRequest& message, const std::string& topic,
                                  const ListOffsetsRequest::Partition& partition) {
    if (partition.timestamp < 0 && version < first_version_with(partition.timestamp)) {
        return {.error = ErrorCode::unsupported_version};
    }
    replication::ListOffsetQuery query{.partition = {topic, partition.partition_index.value()},
                                       .timestamp = partition.timestamp,
                                       .current_leader_epoch = partition.current_leader_epoch,
                                       .any_replica = message.replica_id == kDebugger};
    if (message.replica_id == protocol::kNoNode) {
        query.read_committed = message.isolation_level == 1;
    } else {
        query.read_committed = std::nullopt;
    }
    replication::ListedOffset listed = context.replicas().list_offset(query);
    listed.error = refine_error(listed.error, *context.image(), topic, partition.partition_index);
    if (listed.error == ErrorCode::offset_not_available &&
        version < kFirstVersionWithOffsetNotAvailable) {
        listed.error = ErrorCode::leader_not_available;
    }
    return listed;
}

}  // namespace

void handle_list_offsets(HandlerContext& context, const rpc::Request& request, rpc::Reply reply) {
    const auto message = decode_or_close<ListOffsetsRequest>(request, reply);
    if (!message) return;
    std::set<std::pair<std::string_view, protocol::PartitionId>> named;
    std::set<std::pair<std::string_view, protocol::PartitionId>> named_twice;
    for (const ListOffsetsRequest::Topic& topic : message->topics) {
        for (const ListOffsetsRequest::Partition& partition : topic.partitions) {
            const std::pair key(std::string_view(topic.name), partition.partition_index);
            if (!named.insert(key).second) named_twice.insert(key);
        }
    }
    ListOffsetsResponse response;
    for (const ListOffsetsRequest::Topic& topic : message->topics) {
        ListOffsetsResponse::Topic& answers = response.topics.emplace_back();
        answers.name = topic.name;
        for (const ListOffsetsRequest::Partition& partition : topic.partitions) {
            ListOffsetsResponse::Partition& answer = answers.partitions.emplace_back();
            answer.partition_index = partition.partition_index;
            if (named_twice.contains({topic.name, partition.partition_index})) {
                answer.error_code = ErrorCode::invalid_request;
                continue;
            }
            const replication::ListedOffset listed =
                look_up(context, request.version, *message, topic.name, partition);
            answer.error_code = listed.error;
            answer.timestamp = listed.timestamp;
            answer.offset = listed.offset;
            answer.leader_epoch = listed.leader_epoch;
        }
    }
    reply.send(response);
}

}  // namespace gregor::server
