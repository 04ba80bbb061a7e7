#include "broker/controller/log_directories.h"

#include "broker/controller/draft.h"
#include "broker/controller/partition_change.h"

namespace gregor::controller {
namespace {

using metadata::MetadataImage;
using metadata::TopicImage;
using protocol::AssignReplicasToDirsRequest;
using protocol::AssignReplicasToDirsResponse;
using protocol::NodeId;
using protocol::PartitionId;
using protocol::Uuid;

class Assignment {
public:
    Assignment(const MetadataImage& image, const ControllerConfig& config, NodeId broker)
        : draft_(image), config_(config), broker_(broker) {}

    ErrorCode assign(const Uuid& directory, const protocol::TopicId& id, PartitionId partition) {
        const MetadataImage& image = draft_.image();
        const TopicImage* topic = image.find_topic(id);
        if (topic == nullptr) return ErrorCode::unknown_topic_id;
        const metadata::PartitionState* state = topic->find(partition);
        if (state == nullptr) return ErrorCode::unknown_topic_or_partition;
        if (!state->is_replica(broker_)) return ErrorCode::not_leader_or_follower;
        PartitionChange change{.directory = std::pair(broker_, directory)};
        if (!metadata::is_online_directory(directory, image.find_broker(broker_)->log_dirs)) {
            change.isr = without(state->isr, {broker_});
        }
        const ElectionRules rules = election_rules(image, config_, topic->name);
        auto record = change_partition(image, rules, *topic, partition, change);
        if (record) draft_.add(*std::move(record));
        return ErrorCode::none;
    }

    [[nodiscard]] std::vector<VersionedRecord> take_records() && {
        return std::move(draft_).take_records();
    }

private:
    Draft draft_;
    const ControllerConfig& config_;
    NodeId broker_;
};

ControllerResult<AssignReplicasToDirsResponse> refuse(ErrorCode code) {
    return {.records = {}, .response = {.error_code = code}};
}

}  // namespace

ControllerResult<AssignReplicasToDirsResponse> assign_replicas_to_dirs(
    const MetadataImage& image, const ControllerConfig& config,
    const AssignReplicasToDirsRequest& request) {
    if (image.metadata_version() < metadata::kMetadataVersion_3_7_IV2) {
        return refuse(ErrorCode::unsupported_version);
    }
    const metadata::BrokerImage* broker = image.find_broker(request.broker_id);
    if (broker == nullptr) return refuse(ErrorCode::broker_id_not_registered);
    if (broker->broker_epoch != request.broker_epoch) return refuse(ErrorCode::stale_broker_epoch);
    ControllerResult<AssignReplicasToDirsResponse> result{
        .records = {}, .response = {}, .atomic = true};
    Assignment assignment(image, config, request.broker_id);
    for (const auto& directory : request.directories) {
        auto& answer = result.response.directories.emplace_back();
        answer.id = directory.id;
        for (const auto& topic : directory.topics) {
            answer.topics.push_back({.topic_id = topic.topic_id});
            for (const auto& partition : topic.partitions) {
                const PartitionId index = partition.partition_index;
                answer.topics.back().partitions.push_back(
                    {.partition_index = index,
                     .error_code = assignment.assign(directory.id, topic.topic_id, index)});
            }
        }
    }
    result.records = std::move(assignment).take_records();
    return result;
}

}  // namespace gregor::controller
