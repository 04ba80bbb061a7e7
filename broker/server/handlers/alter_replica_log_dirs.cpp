#include "broker/server/handlers/alter_replica_log_dirs.h"

#include <map>

#include "broker/metadata/image.h"
#include "broker/protocol/messages/log_dirs.h"
#include "broker/replication/replica_manager.h"
#include "broker/server/handlers/partition_errors.h"

namespace gregor::server {

using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using protocol::ErrorCode;

void handle_alter_replica_log_dirs(HandlerContext& context, const rpc::Request& request,
                                   rpc::Reply reply) {
    const auto asked = decode_or_close<AlterReplicaLogDirsRequest>(request, reply);
    if (!asked) return;
    std::map<log::TopicPartition, std::string> wanted;  // the last word counts
    for (const auto& directory : asked->dirs) {
        for (const auto& topic : directory.topics) {
            for (const protocol::PartitionId partition : topic.partitions) {
                wanted.insert_or_assign({topic.name, partition.value()}, directory.path);
            }
        }
    }
    AlterReplicaLogDirsResponse response;
    for (const auto& [partition, path] : wanted) {
        const protocol::PartitionId index(partition.partition);
        const ErrorCode error = refine_error(context.replicas().move_to_directory(partition, path),
                                             *context.image(), partition.topic, index);
        if (response.results.empty() || response.results.back().topic_name != partition.topic) {
            response.results.push_back({.topic_name = partition.topic});
        }
        response.results.back().partitions.push_back(
            {.partition_index = index,
             .error_code = error == ErrorCode::not_leader_or_follower
                               ? ErrorCode::replica_not_available
                               : error});
    }
    reply.send(response);
}

}  // namespace gregor::server
