#include "broker/drivers/marker_sender.h"

#include <algorithm>
#include <utility>

#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::drivers {

using coordinator::Markers;
using coordinator::MarkersWritten;
using coordinator::Noted;
using coordinator::TakeMarkers;
using coordinator::TransactionPartition;
using protocol::ErrorCode;
using protocol::NodeId;
using protocol::PartitionId;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;

namespace {

/// With the version of transactions that the producer speaks; between our own brokers.
constexpr std::int16_t kVersion = 2;
/// Of one request.
constexpr std::size_t kMaxMarkersPerRequest = 500;

WriteTxnMarkersRequest::Marker wire_marker(const coordinator::TransactionMarker& marker) {
    WriteTxnMarkersRequest::Marker wire{
        .producer_id = marker.producer.id,
        .producer_epoch = marker.producer.epoch,
        .transaction_result = marker.commit,
        .coordinator_epoch = marker.coordinator_epoch,
        .transaction_version = static_cast<std::int8_t>(marker.client_version)};
    // Its markers have the epoch of what they end, as those of the old version.
    if (PLANTED(b25_delayed_endtxn_hits_next_txn)) wire.transaction_version = 0;
    for (const TransactionPartition& partition : marker.partitions) {
        if (wire.topics.empty() || wire.topics.back().name != partition.topic) {
            wire.topics.emplace_back().name = partition.topic;
        }
        wire.topics.back().partition_indexes.push_back(partition.partition);
    }
    return wire;
}

enum class Fate : std::uint8_t { written, again, given_up };

/// What a partition's error says of its marker.
Fate fate_of(ErrorCode error) {
    switch (error) {
        case ErrorCode::none:
        case ErrorCode::unsupported_for_message_format: return Fate::written;
        // A newer epoch or a newer coordinator has been there: this one is not the one to end it.
        case ErrorCode::invalid_producer_epoch:
        case ErrorCode::transaction_coordinator_fenced: return Fate::given_up;
        default: return Fate::again;
    }
}

/// The answer that says the same of every partition.
WriteTxnMarkersResponse refused(const WriteTxnMarkersRequest& request, ErrorCode error) {
    WriteTxnMarkersResponse response;
    for (const auto& marker : request.markers) {
        auto& answered = response.markers.emplace_back();
        answered.producer_id = marker.producer_id;
        for (const auto& topic : marker.topics) {
            auto& answered_topic = answered.topics.emplace_back();
            answered_topic.name = topic.name;
            for (const PartitionId partition : topic.partition_indexes) {
                answered_topic.partitions.push_back(
                    {.partition_index = partition, .error_code = error});
            }
        }
    }
    return response;
}

}  // namespace

MarkerSender::MarkerSender(Runtime& runtime, TransactionCoordinators& coordinators,
                           MarkerWriter& writer, MarkerSenderOptions options)
    : runtime_(runtime),
      coordinators_(coordinators),
      writer_(writer),
      options_(std::move(options)),
      channels_(runtime, fmt::format("broker-{}-txn-marker-sender", options_.node_id),
                options_.listener),
      tasks_(runtime.tasks(), "transaction markers") {}

void MarkerSender::publish(const metadata::ImageRef& image) {
    if (shut_down_) return;
    image_ = image;
    channels_.publish(*image);
    for (const PartitionId shard : coordinators_.driver().partitions()) {
        if (!taking_.emplace(shard, true).second) continue;
        tasks_.spawn("take markers", [this, shard] { take(shard); });
    }
}

void MarkerSender::shut_down() {
    shut_down_ = true;
    channels_.shut_down();
    tasks_.cancel();
    tasks_.join();
}

// From the shards. --------------------------------------------------------------------------------

/// A shard's fiber, for as long as the partition is led here; leader epochs may change meanwhile.
void MarkerSender::take(PartitionId shard) {
    bool is_last_lost = false;
    while (is_ours(shard)) {
        auto answer =
            coordinators_.ask_shard<Markers>(shard, TakeMarkers{.is_last_lost = is_last_lost});
        is_last_lost = !answer.has_value();
        if (!answer) {
            rest();
            continue;
        }
        for (auto& marker : answer->markers) route({shard, std::move(marker)});
    }
    taking_.erase(shard);
}

bool MarkerSender::is_ours(PartitionId shard) const {
    const auto shards = coordinators_.driver().partitions();
    return std::ranges::find(shards, shard) != shards.end();
}

// To the leaders. ---------------------------------------------------------------------------------

/// Each partition's part to its leader of now; partitions without a leader wait for one.
void MarkerSender::route(Order order) {
    std::map<NodeId, Order> by_leader;
    Order gone{order.shard, order.marker};
    gone.marker.partitions.clear();
    const bool has_none = order.marker.partitions.empty();
    for (const TransactionPartition& partition : order.marker.partitions) {
        const metadata::TopicImage* topic = image_->find_topic(partition.topic);
        const metadata::PartitionState* state =
            topic == nullptr ? nullptr : topic->find(partition.partition);
        if (state == nullptr) {
            PROBE("a transaction's partition was deleted before its marker");
            gone.marker.partitions.insert(partition);
            continue;
        }
        const auto [it, is_new] = by_leader.try_emplace(state->leader, order);
        if (is_new) it->second.marker.partitions.clear();
        it->second.marker.partitions.insert(partition);
    }
    for (auto& [leader, part] : by_leader) enqueue(leader, std::move(part));
    if (has_none || !gone.marker.partitions.empty()) report(std::move(gone));
}

void MarkerSender::enqueue(NodeId leader, Order order) {
    LeaderRef& known = leaders_[leader];
    if (known == nullptr) {
        known = std::make_shared<Leader>(runtime_.scheduler());
        tasks_.spawn("send markers", [this, leader, ref = known] { serve(leader, ref); });
    }
    known->queue.push_back(std::move(order));
    known->changed.notify_all();
}

void MarkerSender::serve(NodeId id, const LeaderRef& leader) {
    for (;;) {
        while (leader->queue.empty()) leader->changed.wait();
        Orders orders;
        while (!leader->queue.empty() && orders.size() < kMaxMarkersPerRequest) {
            orders.push_back(std::move(leader->queue.front()));
            leader->queue.pop_front();
        }
        if (id == protocol::kNoNode) {
            PROBE("a marker waited for its partition to have a leader");
            retry_later(std::move(orders));
        } else {
            send(id, std::move(orders));
        }
    }
}

void MarkerSender::send(NodeId id, Orders orders) {
    WriteTxnMarkersRequest request;
    for (const Order& order : orders) request.markers.push_back(wire_marker(order.marker));
    take_results(exchange(id, request), std::move(orders));
}

WriteTxnMarkersResponse MarkerSender::exchange(NodeId id, const WriteTxnMarkersRequest& request) {
    if (id == options_.node_id) return write_here(request);
    const auto answer = channels_.call<WriteTxnMarkersResponse>(
        id, request, kVersion, deadline_after(runtime_.clock().now(), options_.request_timeout));
    if (answer && answer->markers.size() == request.markers.size()) return *answer;
    PROBE("a leader did not answer about its markers");
    return refused(request, ErrorCode::network_exception);
}

WriteTxnMarkersResponse MarkerSender::write_here(const WriteTxnMarkersRequest& request) {
    struct Waiting {
        explicit Waiting(Scheduler& scheduler) : answered(scheduler) {}
        Event answered;
        WriteTxnMarkersResponse response;
    };
    const auto waiting = std::make_shared<Waiting>(runtime_.scheduler());
    writer_.write(request, options_.request_timeout, [waiting](WriteTxnMarkersResponse response) {
        waiting->response = std::move(response);
        waiting->answered.set();
    });
    waiting->answered.wait();
    return std::move(waiting->response);
}

/// Partitions that have their marker are reported, the others tried again; those that are given up
/// stay for the coordinator that is newer.
void MarkerSender::take_results(const WriteTxnMarkersResponse& response, Orders orders) {
    Orders again;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        std::set<TransactionPartition> written;
        std::set<TransactionPartition> left;
        for (const auto& topic : response.markers[i].topics) {
            for (const auto& partition : topic.partitions) {
                const Fate fate = fate_of(partition.error_code);
                if (fate == Fate::written) written.insert({topic.name, partition.partition_index});
                if (fate == Fate::again) left.insert({topic.name, partition.partition_index});
                if (fate == Fate::given_up) PROBE("a leader refused a marker for good");
            }
        }
        if (!left.empty()) {
            again.push_back(orders[i]);
            again.back().marker.partitions = std::move(left);
        }
        if (written.empty()) continue;
        orders[i].marker.partitions = std::move(written);
        report(std::move(orders[i]));
    }
    if (!again.empty()) retry_later(std::move(again));
}

/// Until the shard has taken it, or is none of ours any more.
void MarkerSender::report(Order written) {
    tasks_.spawn("markers written", [this, written = std::move(written)] {
        while (is_ours(written.shard)) {
            if (coordinators_.ask_shard<Noted>(written.shard, MarkersWritten{written.marker})) {
                return;
            }
            rest();
        }
    });
}

void MarkerSender::retry_later(Orders orders) {
    rest();
    for (Order& order : orders) {
        if (is_ours(order.shard)) route(std::move(order));
    }
}

void MarkerSender::rest() { runtime_.clock().sleep_for(options_.retry_backoff); }

}  // namespace gregor::drivers
