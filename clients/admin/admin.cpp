#include "clients/admin/admin.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace gregor::admin {

using client::error_of;
using protocol::ErrorCode;

Admin::Admin(client::Cluster& cluster, Duration timeout) : cluster_(cluster), timeout_(timeout) {}

Instant Admin::deadline() { return deadline_after(cluster_.runtime().clock().now(), timeout_); }

std::int32_t Admin::timeout_ms() const {
    return static_cast<std::int32_t>(
        std::chrono::duration_cast<std::chrono::milliseconds>(timeout_).count());
}

namespace {

/// The only entry of an answer to a request about one thing.
template <class Entry>
Result<void, Error> only(const std::vector<Entry>& entries) {
    if (entries.size() != 1) return fail(error_of(ErrorCode::unknown_server_error));
    const Entry& entry = entries.front();
    if (entry.error_code == ErrorCode::none) return {};
    return fail(error_of(entry.error_code, entry.error_message));
}

}  // namespace

namespace {

Error error_in(const protocol::DescribeQuorumResponse& answer) {
    if (answer.error_code != ErrorCode::none) {
        return error_of(answer.error_code, answer.error_message);
    }
    if (answer.topics.size() != 1 || answer.topics.front().partitions.size() != 1) {
        return error_of(ErrorCode::unknown_server_error);
    }
    const auto& partition = answer.topics.front().partitions.front();
    return error_of(partition.error_code, partition.error_message);
}

/// The broker that a resource is; none for topics and for the default of all brokers.
std::optional<protocol::NodeId> broker_of(ResourceType type, std::string_view name) {
    std::int32_t id = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), id);
    const bool is_number = error == std::errc() && end == name.data() + name.size();
    if (type != ResourceType::broker || !is_number) return std::nullopt;
    return protocol::NodeId(id);
}

}  // namespace

// Topics. -----------------------------------------------------------------------------------------

Result<void, Error> Admin::create_topic(protocol::CreateTopicsRequest::Topic topic) {
    const protocol::CreateTopicsRequest request{.topics = {std::move(topic)},
                                                .timeout_ms = timeout_ms()};
    return only(TRY(cluster_.call_any<protocol::CreateTopicsResponse>(request, deadline())).topics);
}

Result<void, Error> Admin::delete_topic(const std::string& topic) {
    // Older versions have the second form.
    const protocol::DeleteTopicsRequest request{
        .topics = {{.name = topic}}, .topic_names = {topic}, .timeout_ms = timeout_ms()};
    return only(
        TRY(cluster_.call_any<protocol::DeleteTopicsResponse>(request, deadline())).responses);
}

Result<void, Error> Admin::create_partitions(protocol::CreatePartitionsRequest::Topic topic) {
    const protocol::CreatePartitionsRequest request{.topics = {std::move(topic)},
                                                    .timeout_ms = timeout_ms()};
    return only(
        TRY(cluster_.call_any<protocol::CreatePartitionsResponse>(request, deadline())).results);
}

Result<std::vector<protocol::MetadataResponse::Topic>, Error> Admin::describe_topics(
    const std::vector<std::string>& topics) {
    auto found = TRY(cluster_.metadata(topics, deadline())).topics;
    std::ranges::sort(found, {}, [](const auto& topic) { return topic.name.value_or(""); });
    for (auto& topic : found) {
        std::ranges::sort(topic.partitions, {}, [](const auto& it) { return it.partition_index; });
    }
    return found;
}

// Configs. ----------------------------------------------------------------------------------------

Result<std::vector<protocol::DescribeConfigsResponse::Config>, Error> Admin::describe_configs(
    ResourceType type, const std::string& name) {
    const protocol::DescribeConfigsRequest request{
        .resources = {{.resource_type = static_cast<std::int8_t>(type),
                       .resource_name = name,
                       .configuration_keys = std::nullopt}},
        .include_synonyms = true};
    using Response = protocol::DescribeConfigsResponse;
    const auto broker = broker_of(type, name);  // which alone knows its configs
    auto answer = TRY(broker ? cluster_.call_node<Response>(*broker, request, deadline())
                             : cluster_.call_any<Response>(request, deadline()));
    TRY(only(answer.results));
    auto configs = std::move(answer.results.front().configs);
    std::ranges::sort(configs, {}, [](const auto& config) { return config.name; });
    return configs;
}

Result<void, Error> Admin::alter_configs(
    ResourceType type, const std::string& name,
    std::vector<protocol::IncrementalAlterConfigsRequest::Config> configs) {
    const protocol::IncrementalAlterConfigsRequest request{
        .resources = {{.resource_type = static_cast<std::int8_t>(type),
                       .resource_name = name,
                       .configs = std::move(configs)}}};
    return only(
        TRY(cluster_.call_any<protocol::IncrementalAlterConfigsResponse>(request, deadline()))
            .responses);
}

// Offsets. ----------------------------------------------------------------------------------------

Result<protocol::Offset, Error> Admin::list_offset(const std::string& topic,
                                                   protocol::PartitionId partition,
                                                   std::int64_t timestamp) {
    const Instant until = deadline();
    const protocol::ListOffsetsRequest request{
        .replica_id = protocol::kNoNode,
        .topics = {{.name = topic,
                    .partitions = {{.partition_index = partition, .timestamp = timestamp}}}},
        .timeout_ms = timeout_ms()};
    for (;;) {
        const auto leader = TRY(cluster_.leader_of(topic, partition, until));
        auto answer = cluster_.call_node<protocol::ListOffsetsResponse>(leader, request, until);
        const bool is_whole =
            answer && answer->topics.size() == 1 && answer->topics.front().partitions.size() == 1;
        if (answer && !is_whole) return fail(error_of(ErrorCode::unknown_server_error));
        const Error error = !answer
                                ? answer.error()
                                : error_of(answer->topics.front().partitions.front().error_code);
        if (error.code == ErrorCode::none) {
            return answer->topics.front().partitions.front().offset;
        }
        if (!cluster_.is_worth_another_try(error, until)) return fail(error);
        cluster_.forget(topic);
        cluster_.back_off();
    }
}

// The cluster. ------------------------------------------------------------------------------------

Result<protocol::DescribeQuorumResponse, Error> Admin::describe_quorum() {
    const Instant until = deadline();
    const protocol::DescribeQuorumRequest request{
        .topics = {{.topic_name = "__cluster_metadata", .partitions = {{}}}}};
    for (;;) {
        auto answer = TRY(cluster_.call_any<protocol::DescribeQuorumResponse>(request, until));
        const Error error = error_in(answer);
        if (error.code == ErrorCode::none) return answer;
        // Whom we asked is not the leader: the next one may be.
        if (!cluster_.is_worth_another_try(error, until)) return fail(error);
        cluster_.back_off();
    }
}

Result<protocol::DescribeClusterResponse, Error> Admin::describe_cluster() {
    constexpr std::int8_t kControllers = 2;
    protocol::DescribeClusterRequest request;
    for (;;) {
        auto answer =
            TRY(cluster_.call_any<protocol::DescribeClusterResponse>(request, deadline()));
        if (answer.error_code == ErrorCode::none) return answer;
        const bool is_controller = answer.error_code == ErrorCode::mismatched_endpoint_type;
        if (!is_controller || request.endpoint_type == kControllers) {
            return fail(error_of(answer.error_code, answer.error_message));
        }
        request.endpoint_type = kControllers;
    }
}

template <class Response, class Request>
Result<Response, Error> Admin::ask_leader(const Request& request) {
    const Instant until = deadline();
    for (;;) {
        auto answer = TRY(cluster_.call_any<Response>(request, until));
        if (answer.error_code == ErrorCode::none) return answer;
        Error error = error_of(answer.error_code);
        if constexpr (requires { answer.error_message; }) {
            error = error_of(answer.error_code, answer.error_message);
        }
        if (!cluster_.is_worth_another_try(error, until)) return fail(error);
        cluster_.back_off();
    }
}

Result<void, Error> Admin::add_raft_voter(protocol::AddRaftVoterRequest request) {
    request.timeout_ms = timeout_ms();
    TRY(ask_leader<protocol::AddRaftVoterResponse>(request));
    return {};
}

Result<void, Error> Admin::remove_raft_voter(protocol::NodeId voter,
                                             const protocol::Uuid& directory_id) {
    const protocol::RemoveRaftVoterRequest request{
        .cluster_id = std::nullopt, .voter_id = voter, .voter_directory_id = directory_id};
    TRY(ask_leader<protocol::RemoveRaftVoterResponse>(request));
    return {};
}

Result<protocol::ApiVersionsResponse, Error> Admin::describe_features() {
    const protocol::ApiVersionsRequest request{.client_software_name = "gregor",
                                               .client_software_version = "1"};
    return ask_leader<protocol::ApiVersionsResponse>(request);
}

Result<void, Error> Admin::update_features(protocol::UpdateFeaturesRequest request) {
    request.timeout_ms = timeout_ms();
    auto answer = TRY(ask_leader<protocol::UpdateFeaturesResponse>(request));
    // Before version 2 each feature has an answer of its own.
    for (const auto& result : answer.results) {
        if (result.error_code == ErrorCode::none) continue;
        return fail(error_of(result.error_code, result.error_message));
    }
    return {};
}

Result<void, Error> Admin::unregister_broker(protocol::NodeId broker) {
    const protocol::UnregisterBrokerRequest request{.broker_id = broker};
    const auto answer =
        TRY(cluster_.call_any<protocol::UnregisterBrokerResponse>(request, deadline()));
    if (answer.error_code == ErrorCode::none) return {};
    return fail(error_of(answer.error_code, answer.error_message));
}

// Reassignments. ----------------------------------------------------------------------------------

Result<protocol::AlterPartitionReassignmentsResponse, Error> Admin::alter_partition_reassignments(
    protocol::AlterPartitionReassignmentsRequest request) {
    request.timeout_ms = timeout_ms();
    auto answer =
        TRY(cluster_.call_any<protocol::AlterPartitionReassignmentsResponse>(request, deadline()));
    if (answer.error_code == ErrorCode::none) return answer;
    return fail(error_of(answer.error_code, answer.error_message));
}

Result<protocol::ListPartitionReassignmentsResponse, Error> Admin::list_partition_reassignments() {
    const protocol::ListPartitionReassignmentsRequest request{.timeout_ms = timeout_ms()};
    auto answer =
        TRY(cluster_.call_any<protocol::ListPartitionReassignmentsResponse>(request, deadline()));
    if (answer.error_code == ErrorCode::none) return answer;
    return fail(error_of(answer.error_code, answer.error_message));
}

}  // namespace gregor::admin
