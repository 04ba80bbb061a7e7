// MarkerSender: brings the markers that this broker's transaction coordinators hand out to the
// leaders of the partitions, until every partition has them.
//
//     shard ──TakeMarkers──> one fiber for each shard ─┬─> queue of leader n1 ─ fiber ─> n1
//       ^                                              └─> queue of leader n2 ─ fiber ─> n2
//       └──MarkersWritten── what has its marker <──────────────┘   │
//                          the rest, after a while, by the newest image
//
// A leader gets one request at a time, of all that waits for it. What is queued is bounded by the
// transactions that are open: each is handed out once, and a shard that lost its leadership takes
// no word of it any more. A partition that is gone needs no marker.
#pragma once

#include <deque>
#include <map>
#include <memory>

#include "broker/drivers/broker_channels.h"
#include "broker/drivers/marker_writer.h"
#include "broker/drivers/transaction_coordinators.h"

namespace gregor::drivers {

struct MarkerSenderOptions {
    protocol::NodeId node_id{0};
    std::string listener;
    /// request.timeout.ms
    Duration request_timeout = 30s;
    Duration retry_backoff = 100ms;
};

class MarkerSender {
public:
    MarkerSender(Runtime& runtime, TransactionCoordinators& coordinators, MarkerWriter& writer,
                 MarkerSenderOptions options);
    MarkerSender(const MarkerSender&) = delete;
    MarkerSender& operator=(const MarkerSender&) = delete;

    /// An image that the coordinators have seen. Never waits.
    void publish(const metadata::ImageRef& image);
    void shut_down();

private:
    /// A marker on its way to partitions of one leader.
    struct Order {
        protocol::PartitionId shard;
        coordinator::TransactionMarker marker;
    };
    struct Leader {
        explicit Leader(Scheduler& scheduler) : changed(scheduler) {}
        std::deque<Order> queue;
        WaitQueue changed;
    };
    using LeaderRef = std::shared_ptr<Leader>;
    using Orders = std::vector<Order>;

    void take(protocol::PartitionId shard);
    [[nodiscard]] bool is_ours(protocol::PartitionId shard) const;
    void route(Order order);
    void enqueue(protocol::NodeId leader, Order order);
    void serve(protocol::NodeId id, const LeaderRef& leader);
    void send(protocol::NodeId id, Orders orders);
    [[nodiscard]] protocol::WriteTxnMarkersResponse exchange(
        protocol::NodeId id, const protocol::WriteTxnMarkersRequest& request);
    [[nodiscard]] protocol::WriteTxnMarkersResponse write_here(
        const protocol::WriteTxnMarkersRequest& request);
    void take_results(const protocol::WriteTxnMarkersResponse& response, Orders orders);
    void report(Order written);
    void retry_later(Orders orders);
    void rest();

    Runtime& runtime_;
    TransactionCoordinators& coordinators_;
    MarkerWriter& writer_;
    MarkerSenderOptions options_;
    BrokerChannels channels_;
    metadata::ImageRef image_ = std::make_shared<const metadata::MetadataImage>();
    std::map<protocol::NodeId, LeaderRef> leaders_;
    std::map<protocol::PartitionId, bool> taking_;  // a fiber takes markers of the shard
    bool shut_down_ = false;
    TaskGroup tasks_;
};

}  // namespace gregor::drivers
