// TransactionVerifier: a partition leader's question to the coordinator of a transactional id,
// wherever it is: are these partitions in its transaction (KIP-890, part 1), or: they join it
// (part 2). So no batch of a transaction that has ended opens one that nobody will end.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "broker/drivers/broker_channels.h"
#include "broker/drivers/transaction_coordinators.h"

namespace gregor::drivers {

struct TransactionVerifierOptions {
    protocol::NodeId node_id{0};
    std::string listener;
    /// Of one question: request.timeout.ms.
    Duration request_timeout = 30s;
};

class TransactionVerifier {
public:
    /// By partition, those that may not be written to.
    using Errors = std::map<coordinator::TransactionPartition, protocol::ErrorCode>;

    TransactionVerifier(Runtime& runtime, TransactionCoordinators& coordinators,
                        TransactionVerifierOptions options);

    /// An image that the coordinators have seen.
    void publish(const metadata::ImageRef& image);
    void shut_down() { channels_.shut_down(); }

    /// Waits for the answer. Errors are the coordinator's; NOT_COORDINATOR and NETWORK_EXCEPTION
    /// where it was not found. The question counts for the guards that were there before it:
    /// `renew_guards` takes them again, and says whether one was lost meanwhile.
    [[nodiscard]] Errors ask(const coordinator::AddPartitions& question,
                             const std::function<bool()>& renew_guards);

private:
    [[nodiscard]] Errors ask_once(const coordinator::AddPartitions& question);
    [[nodiscard]] Errors ask_here(protocol::PartitionId shard,
                                  const coordinator::AddPartitions& question);
    [[nodiscard]] Errors ask_there(protocol::NodeId coordinator,
                                   const coordinator::AddPartitions& question);

    Runtime& runtime_;
    TransactionCoordinators& coordinators_;
    TransactionVerifierOptions options_;
    BrokerChannels channels_;
    metadata::ImageRef image_ = std::make_shared<const metadata::MetadataImage>();
};

}  // namespace gregor::drivers
