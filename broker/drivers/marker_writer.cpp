#include "broker/drivers/marker_writer.h"

#include <memory>
#include <utility>
#include <vector>

#include "broker/coordinator/transactions/transaction_metadata.h"
#include "broker/drivers/coordinator_log.h"

namespace gregor::drivers {

using coordinator::TransactionEnd;
using protocol::ErrorCode;
using protocol::PartitionId;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

namespace {

TransactionEnd end_of(const WriteTxnMarkersRequest::Marker& marker) {
    return {.producer_id = marker.producer_id,
            .producer_epoch = marker.producer_epoch,
            .commit = marker.transaction_result,
            .coordinator_epoch = marker.coordinator_epoch,
            .has_epoch_per_transaction =
                marker.transaction_version >= coordinator::kEpochPerTransaction};
}

/// One partition of one marker.
struct Target {
    TransactionEnd end;
    std::string topic;
    PartitionId partition;
};

std::vector<Target> targets_of(const WriteTxnMarkersRequest& request) {
    std::vector<Target> targets;
    for (const auto& marker : request.markers) {
        for (const auto& topic : marker.topics) {
            for (const PartitionId partition : topic.partition_indexes) {
                targets.push_back({end_of(marker), topic.name, partition});
            }
        }
    }
    return targets;
}

/// The errors, in the order of the targets, as the request's markers and partitions.
WriteTxnMarkersResponse answer(const WriteTxnMarkersRequest& request,
                               const std::vector<ErrorCode>& errors) {
    WriteTxnMarkersResponse response;
    auto error = errors.begin();
    for (const auto& marker : request.markers) {
        auto& answered = response.markers.emplace_back();
        answered.producer_id = marker.producer_id;
        for (const auto& topic : marker.topics) {
            auto& answered_topic = answered.topics.emplace_back();
            answered_topic.name = topic.name;
            for (const PartitionId partition : topic.partition_indexes) {
                answered_topic.partitions.push_back(
                    {.partition_index = partition, .error_code = *error++});
            }
        }
    }
    return response;
}

/// A request under way; the last partition that is heard of answers it.
struct Writing {
    WriteTxnMarkersRequest request;
    std::vector<ErrorCode> errors;
    std::size_t missing = 0;
    MarkerWriter::Done done;

    void put(std::size_t target, ErrorCode error) {
        errors.at(target) = error;
        if (--missing == 0) done(answer(request, errors));
    }
};

}  // namespace

void MarkerWriter::write(const WriteTxnMarkersRequest& request, Duration timeout, Done done) {
    const std::vector<Target> targets = targets_of(request);
    if (targets.empty()) return done(answer(request, {}));
    const auto writing = std::make_shared<Writing>(
        Writing{.request = request,
                .errors = std::vector<ErrorCode>(targets.size(), ErrorCode::none),
                .missing = targets.size(),
                .done = std::move(done)});
    replication::AppendOrder order{
        .acks = -1, .timeout = timeout, .origin = records::AppendOrigin::coordinator, .parts = {}};
    std::vector<std::size_t> appended;
    const std::int64_t now_ms = to_epoch_ms(runtime_.clock().wall());
    for (std::size_t i = 0; i < targets.size(); ++i) {
        const Target& target = targets[i];
        // What no coordinator of ours sends.
        if (target.end.producer_id < protocol::ProducerId(0) ||
            target.end.producer_epoch < protocol::ProducerEpoch(0)) {
            writing->put(i, ErrorCode::invalid_request);
            continue;
        }
        if (target.topic == kConsumerOffsetsTopic) {
            groups_.end_transaction(target.partition, target.end,
                                    [writing, i](ErrorCode error) { writing->put(i, error); });
            continue;
        }
        appended.push_back(i);
        order.parts.push_back({.partition = {target.topic, target.partition.value()},
                               .records = build_marker(target.end, now_ms),
                               .has_epoch_per_transaction = target.end.has_epoch_per_transaction});
    }
    if (appended.empty()) return;
    replicas_.append(std::move(order),
                     [writing, appended = std::move(appended)](
                         const std::vector<replication::AppendOutcome>& outcomes) {
                         for (std::size_t i = 0; i < appended.size(); ++i) {
                             writing->put(appended[i], outcomes[i].error);
                         }
                     });
}

}  // namespace gregor::drivers
