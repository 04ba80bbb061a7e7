// Sender: the fibers around the accumulator. One drains it into requests, one fiber carries each
// request to its node and the answer back, one keeps the metadata fresh, one asks for a producer
// id, or, of a transactional producer, for all that transactions need (transactions.h).
//
//     send() ──> Accumulator ──drain──> request fibers ──> leaders
//                    ^ leaders             │ answers
//                 Metadata <── metadata    ├──> BatchReport: waiters, callbacks
//                                          └──> TransactionManager: what has failed
//
// The fibers belong to the node and share the Sender, so that a producer may go away at any time:
// stop() makes them end soon.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>

#include "broker/protocol/messages/produce.h"
#include "broker/protocol/records/codec_contexts.h"
#include "clients/client/cluster.h"
#include "clients/producer/accumulator.h"
#include "clients/producer/delivery.h"
#include "clients/producer/metadata.h"
#include "clients/producer/producer_config.h"
#include "clients/producer/transactions.h"
#include "sim/runtime/runtime.h"

namespace gregor::producer {

class Sender : public std::enable_shared_from_this<Sender> {
public:
    Sender(Runtime& runtime, ProducerConfig config);

    void start();
    /// What is not done fails with `why`; callbacks are called only if `calls_back`.
    void stop(const client::Error& why, bool calls_back);
    [[nodiscard]] bool is_stopped() const { return stopped_.is_set(); }

    /// Something may be ready to go out.
    void wake();
    void request_metadata();
    /// Waits for the next answer to it; false when the deadline came.
    [[nodiscard]] bool wait_for_metadata(Instant deadline);
    /// Takes `bytes` of buffer.memory, first come, first served; false when the deadline came.
    [[nodiscard]] bool take_memory(std::size_t bytes, Instant deadline);
    void give_memory_back(std::size_t bytes);

    [[nodiscard]] Accumulator& accumulator() { return accumulator_; }
    [[nodiscard]] Metadata& metadata() { return metadata_; }
    /// None without a transactional id.
    [[nodiscard]] Transactions* transactions() { return transactions_.get(); }
    /// After every change of the transactions' state: batches of what is given up fail, those of
    /// partitions that have joined go out.
    void follow_transactions();
    [[nodiscard]] Runtime& runtime() { return runtime_; }
    [[nodiscard]] const ProducerConfig& config() const { return config_; }
    /// Why nothing can be sent any more.
    [[nodiscard]] const std::optional<client::Error>& fatal_error() const { return fatal_error_; }

private:
    using PartitionAnswer = protocol::ProduceResponse::Partition;

    void run();
    void run_metadata();
    void run_producer_ids();
    [[nodiscard]] Result<void, client::Error> ask_for_producer_id();

    struct Exchange {
        NodeRequest request;
        bool is_taken = false;
        std::optional<Result<protocol::ProduceResponse, client::Error>> response = {};
    };

    void send_request(NodeRequest request);
    void end_exchange(const Exchange& exchange);
    [[nodiscard]] Result<protocol::ProduceResponse, client::Error> exchange(
        const NodeRequest& request);
    [[nodiscard]] protocol::ProduceRequest to_wire(const NodeRequest& request) const;
    void take_answers(const NodeRequest& request, const protocol::ProduceResponse& response);
    void take_answer(const BatchRef& batch, const PartitionAnswer& answer);
    void fail_expired(Instant now);
    void fail_batch(const BatchRef& batch, client::Error error);
    void complete(const BatchRef& batch);
    [[nodiscard]] Instant now() { return runtime_.clock().now(); }

    Runtime& runtime_;
    ProducerConfig config_;
    client::Cluster cluster_;
    records::CodecContexts contexts_;
    Accumulator accumulator_;
    Metadata metadata_;
    std::unique_ptr<Transactions> transactions_;
    std::map<protocol::NodeId, std::deque<std::shared_ptr<Exchange>>> exchanges_;
    Semaphore memory_;
    std::int64_t waiting_for_memory_ = 0;
    WaitQueue wake_;
    bool is_woken_ = false;
    WaitQueue metadata_requests_;
    bool metadata_is_wanted_ = false;
    WaitQueue metadata_updates_;
    WaitQueue producer_id_requests_;
    Event stopped_;
    std::optional<client::Error> fatal_error_;
};

}  // namespace gregor::producer
