#include "broker/drivers/directory_assignments.h"

#include <map>

#include "broker/metadata/image.h"

namespace gregor::drivers {

using protocol::AssignReplicasToDirsRequest;
using replication::HostedRef;

namespace {

constexpr Duration kAnswerTimeout = 10s;

}  // namespace

AssignReplicasToDirsRequest DirectoryAssignments::differences() const {
    const protocol::NodeId self = replicas_.options().node_id;
    AssignReplicasToDirsRequest request{.broker_id = self,
                                        .broker_epoch = replicas_.broker_epoch()};
    const metadata::MetadataImage& image = *metadata_.image();
    if (image.metadata_version() < metadata::kMetadataVersion_3_7_IV2) return request;
    const log::LogManager& logs = replicas_.logs();
    std::map<protocol::Uuid, std::map<protocol::TopicId, std::vector<protocol::PartitionId>>> found;
    std::size_t count = 0;
    for (const HostedRef& hosted : replicas_.hosted()) {
        if (hosted->state.is_offline() || logs.find(hosted->partition) == nullptr) continue;
        const protocol::PartitionId partition(hosted->partition.partition);
        const auto* state = image.find_partition(hosted->topic_id, partition);
        if (state == nullptr || !state->is_replica(self)) continue;
        const protocol::Uuid directory = logs.directory_id(logs.folder_of(hosted->partition));
        if (state->directory_of(self) == directory) continue;
        found[directory][hosted->topic_id].push_back(partition);
        if (++count == kMostPartitions) break;
    }
    for (const auto& [directory, topics] : found) {
        auto& told = request.directories.emplace_back();
        told.id = directory;
        for (const auto& [topic, partitions] : topics) {
            auto& in_topic = told.topics.emplace_back();
            in_topic.topic_id = topic;
            for (const protocol::PartitionId partition : partitions) {
                in_topic.partitions.push_back({.partition_index = partition});
            }
        }
    }
    return request;
}

void DirectoryAssignments::tell() {
    const AssignReplicasToDirsRequest request = differences();
    if (request.directories.empty() || request.broker_epoch < 0) return;
    const auto answer = channel_.call(request, AssignReplicasToDirsRequest::kMessage.versions.max,
                                      deadline_after(runtime_.clock().now(), kAnswerTimeout));
    const protocol::ErrorCode error = answer ? answer->error_code : answer.error();
    runtime_.trace().event("directories_told", "directories={} error={}",
                           request.directories.size(), error);
}

}  // namespace gregor::drivers
