#include "broker/server/handlers/describe_log_dirs.h"

#include <algorithm>
#include <map>
#include <set>

#include "broker/log/log_manager.h"
#include "broker/protocol/messages/log_dirs.h"
#include "broker/replication/replica_manager.h"

namespace gregor::server {
namespace {

using log::TopicPartition;
using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;
using protocol::ErrorCode;

/// None: all.
std::optional<std::set<TopicPartition>> wanted_by(const DescribeLogDirsRequest& asked) {
    if (!asked.topics) return std::nullopt;
    std::set<TopicPartition> wanted;
    for (const auto& topic : *asked.topics) {
        for (const auto& partition : topic.partitions) {
            wanted.insert({topic.topic, partition.value()});
        }
    }
    return wanted;
}

DescribeLogDirsResponse::Partition describe(const TopicPartition& partition, const log::Log& log) {
    DescribeLogDirsResponse::Partition answer;
    answer.partition_index = protocol::PartitionId(partition.partition);
    answer.partition_size = static_cast<std::int64_t>(log.size_in_bytes());
    answer.offset_lag =
        std::max<std::int64_t>(0, log.high_watermark().value() - log.log_end_offset().value());
    return answer;
}

DescribeLogDirsResponse::LogDir describe(const log::LogManager& logs, std::size_t folder,
                                         const std::optional<std::set<TopicPartition>>& wanted) {
    DescribeLogDirsResponse::LogDir answer;
    answer.log_dir = logs.folders()[folder];
    if (logs.has_failed(folder)) {
        answer.error_code = ErrorCode::kafka_storage_error;
        return answer;
    }
    for (const TopicPartition& partition : logs.partitions_in(folder)) {
        if (wanted && !wanted->contains(partition)) continue;
        if (answer.topics.empty() || answer.topics.back().name != partition.topic) {
            answer.topics.push_back({.name = partition.topic});
        }
        answer.topics.back().partitions.push_back(describe(partition, *logs.find(partition)));
    }
    return answer;
}

}  // namespace

void handle_describe_log_dirs(HandlerContext& context, const rpc::Request& request,
                              rpc::Reply reply) {
    const auto asked = decode_or_close<DescribeLogDirsRequest>(request, reply);
    if (!asked) return;
    const auto wanted = wanted_by(*asked);
    const log::LogManager& logs = context.replicas().logs();
    DescribeLogDirsResponse response;
    for (std::size_t folder = 0; folder < logs.folders().size(); ++folder) {
        response.results.push_back(describe(logs, folder, wanted));
    }
    reply.send(response);
}

}  // namespace gregor::server
