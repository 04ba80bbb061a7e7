// TransactionCoordinators: the transaction coordinator of this broker: which partition of
// __transaction_state a transactional id lives on, the shard of it that answers here, and fresh
// producer ids where a shard needs one.
//
//     transactional id ──Java's hash──> partition ──> CoordinatorDriver ──> TransactionCoordinator
//                                                          │ NeedsProducerId
//                               asked again <── ProducerIdManager
#pragma once

#include <memory>
#include <string>

#include "broker/coordinator/transactions/transaction_coordinator.h"
#include "broker/drivers/coordinator_driver.h"
#include "broker/drivers/producer_id_manager.h"

namespace gregor::drivers {

inline constexpr std::string_view kTransactionStateTopic = "__transaction_state";

class TransactionCoordinators {
public:
    using Driver = CoordinatorDriver<coordinator::TransactionCoordinator>;
    template <class Response>
    using Done = std::move_only_function<void(Result<Response, protocol::ErrorCode>)>;

    /// The topic of `options` is set here.
    TransactionCoordinators(Runtime& runtime, replication::ReplicaManager& replicas,
                            ProducerIdManager& producer_ids,
                            const coordinator::TransactionConfig& config,
                            CoordinatorDriverOptions options);

    /// See CoordinatorDriver.
    void publish(const metadata::ImageRef& image);
    void shut_down();

    /// Of the id, as of this image; nothing while the topic is not there.
    [[nodiscard]] static std::optional<protocol::PartitionId> partition_of(
        const metadata::MetadataImage& image, std::string_view transactional_id) {
        return coordinating_partition(image, kTransactionStateTopic, transactional_id);
    }

    /// Asks the shard of the transactional id; see CoordinatorDriver::submit. `Response` is what
    /// the machine answers such a request with. COORDINATOR_LOAD_IN_PROGRESS, too, where no
    /// producer id is to be had.
    template <class Response>
    void ask(coordinator::TransactionRequest request, Done<Response> done) {
        submit(std::move(request),
               [done = std::move(done)](
                   Result<coordinator::TransactionResponse, protocol::ErrorCode> answer) mutable {
                   if (!answer) return done(fail(answer.error()));
                   done(std::get<Response>(*std::move(answer)));
               });
    }
    /// The same of one shard, and waits for the answer.
    template <class Response>
    [[nodiscard]] Result<Response, protocol::ErrorCode> ask_shard(
        protocol::PartitionId partition, coordinator::TransactionRequest request) {
        auto answer = wait_for(partition, std::move(request));
        if (!answer) return fail(answer.error());
        return std::get<Response>(*std::move(answer));
    }

    [[nodiscard]] const Driver& driver() const { return driver_; }

private:
    using AnyDone = Driver::Done;

    void submit(coordinator::TransactionRequest request, AnyDone done);
    void ask_again(coordinator::TransactionRequest request, AnyDone done);
    [[nodiscard]] Result<coordinator::TransactionResponse, protocol::ErrorCode> wait_for(
        protocol::PartitionId partition, coordinator::TransactionRequest request);

    Runtime& runtime_;
    ProducerIdManager& producer_ids_;
    metadata::ImageRef image_ = std::make_shared<const metadata::MetadataImage>();
    Driver driver_;
    TaskGroup tasks_;
};

}  // namespace gregor::drivers
