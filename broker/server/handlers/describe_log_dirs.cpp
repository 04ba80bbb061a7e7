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

/// One that is on its way to this directory.
DescribeLogDirsResponse::Partition describe_future(const TopicPartition& partition,
                                                   const log::Log& log, const log::Log& copy) {
    DescribeLogDirsResponse::Partition answer = describe(partition, copy);
    answer.offset_lag =
        std::max<std::int64_t>(0, log.log_end_offset().value() - copy.log_end_offset().value());
    answer.is_future_key = true;
    return answer;
}

void add(DescribeLogDirsResponse::LogDir& directory, const std::string& topic,
         DescribeLogDirsResponse::Partition partition) {
    if (directory.topics.empty() || directory.topics.back().name != topic) {
        directory.topics.push_back({.name = topic});
    }
    directory.topics.back().partitions.push_back(std::move(partition));
}

DescribeLogDirsResponse::LogDir describe(const log::LogManager& logs, std::size_t folder,
                                         const std::optional<std::set<TopicPartition>>& wanted) {
    DescribeLogDirsResponse::LogDir answer;
    answer.log_dir = logs.folders()[folder];
    if (logs.has_failed(folder)) {
        answer.error_code = ErrorCode::kafka_storage_error;
        return answer;
    }
    std::set<TopicPartition> there;
    for (const TopicPartition& partition : logs.partitions_in(folder)) there.insert(partition);
    for (const TopicPartition& partition : logs.futures_in(folder)) there.insert(partition);
    for (const TopicPartition& partition : there) {
        if (wanted && !wanted->contains(partition)) continue;
        const log::LogRef log = logs.find(partition);
        if (log == nullptr) continue;  // its copy takes its place just now
        add(answer, partition.topic,
            logs.folder_of(partition) == folder
                ? describe(partition, *log)
                : describe_future(partition, *log, *logs.find_future(partition)));
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
