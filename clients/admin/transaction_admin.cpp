#include "clients/admin/transaction_admin.h"

#include <algorithm>

#include "broker/protocol/messages/group_membership.h"

namespace gregor::admin {

using client::error_of;
using client::TopicPartition;
using protocol::ErrorCode;
using protocol::NodeId;

Instant TransactionAdmin::deadline() {
    return deadline_after(cluster_.runtime().clock().now(), timeout_);
}

Result<std::vector<TransactionAdmin::Listing>, client::Error> TransactionAdmin::list(
    const Filter& filter) {
    const protocol::ListTransactionsRequest request{.producer_id_filters = filter.producer_ids,
                                                    .duration_filter = filter.longer_than_ms};
    const std::string no_topic = "__transaction_state";  // the answer's brokers are what counts
    const auto metadata = TRY(cluster_.metadata(std::span(&no_topic, 1), deadline()));
    std::vector<Listing> all;
    for (const auto& broker : metadata.brokers) {
        const auto answer = TRY(cluster_.call_node<protocol::ListTransactionsResponse>(
            broker.node_id, request, deadline()));
        if (answer.error_code != ErrorCode::none) return fail(error_of(answer.error_code));
        for (const auto& each : answer.transaction_states) all.push_back({broker.node_id, each});
    }
    return all;
}

Result<NodeId, client::Error> TransactionAdmin::find_coordinator(const std::string& id) {
    constexpr std::int8_t kOfTransactions = 1;
    const protocol::FindCoordinatorRequest request{
        .key = id, .key_type = kOfTransactions, .coordinator_keys = {id}};
    const Instant until = deadline();
    for (;;) {
        const auto answer =
            TRY(cluster_.call_any<protocol::FindCoordinatorResponse>(request, until));
        ErrorCode error = answer.error_code;
        NodeId node = answer.node_id;
        if (!answer.coordinators.empty()) {
            error = answer.coordinators.front().error_code;
            node = answer.coordinators.front().node_id;
        }
        if (error == ErrorCode::none) return node;
        if (!cluster_.is_worth_another_try(error_of(error), until)) return fail(error_of(error));
        cluster_.back_off();
    }
}

Result<TransactionAdmin::Description, client::Error> TransactionAdmin::describe(
    const std::string& transactional_id) {
    const protocol::DescribeTransactionsRequest request{.transactional_ids = {transactional_id}};
    const Instant until = deadline();
    for (;;) {
        const NodeId coordinator = TRY(find_coordinator(transactional_id));
        const auto answer = TRY(cluster_.call_node<protocol::DescribeTransactionsResponse>(
            coordinator, request, until));
        if (answer.transaction_states.empty()) {
            return fail(error_of(ErrorCode::unknown_server_error));
        }
        const Described& found = answer.transaction_states.front();
        if (found.error_code == ErrorCode::none) return Description{coordinator, found};
        const client::Error error = error_of(found.error_code);
        if (!cluster_.is_worth_another_try(error, until)) return fail(error);
        cluster_.back_off();
    }
}

Result<std::vector<TransactionAdmin::ActiveProducer>, client::Error> TransactionAdmin::producers(
    const TopicPartition& partition) {
    const NodeId leader = TRY(cluster_.leader_of(partition.topic, partition.partition, deadline()));
    protocol::DescribeProducersRequest request;
    request.topics.push_back({.name = partition.topic, .partition_indexes = {partition.partition}});
    const auto answer =
        TRY(cluster_.call_node<protocol::DescribeProducersResponse>(leader, request, deadline()));
    for (const auto& topic : answer.topics) {
        for (const auto& each : topic.partitions) {
            if (each.error_code == ErrorCode::none) return each.active_producers;
            return fail(error_of(each.error_code, each.error_message));
        }
    }
    return fail(error_of(ErrorCode::unknown_topic_or_partition));
}

Result<void, client::Error> TransactionAdmin::abort(const OpenTransaction& transaction) {
    const TopicPartition& partition = transaction.partition;
    const NodeId leader = TRY(cluster_.leader_of(partition.topic, partition.partition, deadline()));
    protocol::WriteTxnMarkersRequest request;
    auto& marker = request.markers.emplace_back();
    marker.producer_id = transaction.producer.producer_id;
    marker.producer_epoch =
        protocol::ProducerEpoch(static_cast<std::int16_t>(transaction.producer.producer_epoch));
    // A partition that has seen no marker of the producer knows no coordinator.
    marker.coordinator_epoch = std::max(transaction.producer.coordinator_epoch, 0);
    marker.topics.push_back({.name = partition.topic, .partition_indexes = {partition.partition}});
    const auto answer =
        TRY(cluster_.call_node<protocol::WriteTxnMarkersResponse>(leader, request, deadline()));
    for (const auto& each : answer.markers) {
        for (const auto& topic : each.topics) {
            for (const auto& written : topic.partitions) {
                if (written.error_code != ErrorCode::none) {
                    return fail(error_of(written.error_code));
                }
            }
        }
    }
    return {};
}

Result<std::vector<TransactionAdmin::OpenTransaction>, client::Error>
TransactionAdmin::find_hanging(const std::vector<TopicPartition>& partitions, std::int64_t now_ms,
                               std::int64_t oldest_ms) {
    std::vector<OpenTransaction> hanging;
    for (const TopicPartition& partition : partitions) {
        for (const ActiveProducer& producer : TRY(producers(partition))) {
            const bool is_open = producer.current_txn_start_offset != protocol::kNoOffset;
            if (!is_open || now_ms - producer.last_timestamp < oldest_ms) continue;
            const OpenTransaction transaction{partition, producer};
            if (!TRY(is_known(transaction))) hanging.push_back(transaction);
        }
    }
    return hanging;
}

Result<bool, client::Error> TransactionAdmin::is_known(const OpenTransaction& transaction) {
    const auto listed = TRY(list({.producer_ids = {transaction.producer.producer_id}}));
    for (const Listing& each : listed) {
        const auto found = describe(each.transaction.transactional_id);
        if (!found && found.error().code == ErrorCode::transactional_id_not_found) continue;
        if (!found) return fail(found.error());
        if (found->transaction.producer_id != transaction.producer.producer_id) continue;
        for (const auto& topic : found->transaction.topics) {
            if (topic.topic != transaction.partition.topic) continue;
            if (std::ranges::count(topic.partitions, transaction.partition.partition) > 0) {
                return true;
            }
        }
    }
    return false;
}

}  // namespace gregor::admin
