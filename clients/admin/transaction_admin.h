// TransactionAdmin: transactions seen from outside, as typed calls: which there are, what they are
// in, and the ones that nobody will end (KIP-664).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/protocol/messages/transaction_admin.h"
#include "broker/protocol/messages/transactions.h"
#include "clients/client/cluster.h"

namespace gregor::admin {

class TransactionAdmin {
public:
    using Error = client::Error;
    using Listed = protocol::ListTransactionsResponse::TransactionState;
    using Described = protocol::DescribeTransactionsResponse::TransactionState;
    using ActiveProducer = protocol::DescribeProducersResponse::ActiveProducer;

    struct Listing {
        protocol::NodeId coordinator;
        Listed transaction;
    };
    struct Description {
        protocol::NodeId coordinator;
        Described transaction;
    };
    struct Filter {
        std::int64_t longer_than_ms = -1;  // KIP-994
        std::vector<protocol::ProducerId> producer_ids = {};
    };
    /// A transaction of one partition.
    struct OpenTransaction {
        client::TopicPartition partition;
        ActiveProducer producer;
    };

    explicit TransactionAdmin(client::Cluster& cluster, Duration timeout = 60s)
        : cluster_(cluster), timeout_(timeout) {}

    /// Of all brokers.
    [[nodiscard]] Result<std::vector<Listing>, Error> list(const Filter& filter);
    /// TRANSACTIONAL_ID_NOT_FOUND.
    [[nodiscard]] Result<Description, Error> describe(const std::string& transactional_id);
    /// Those that the partition's leader remembers.
    [[nodiscard]] Result<std::vector<ActiveProducer>, Error> producers(
        const client::TopicPartition& partition);
    /// Writes the marker to the partition's leader, past the coordinator.
    [[nodiscard]] Result<void, Error> abort(const OpenTransaction& transaction);
    /// Of those that have been open for longer than `oldest_ms` milliseconds, the ones that no
    /// coordinator knows of.
    [[nodiscard]] Result<std::vector<OpenTransaction>, Error> find_hanging(
        const std::vector<client::TopicPartition>& partitions, std::int64_t now_ms,
        std::int64_t oldest_ms);

private:
    [[nodiscard]] Result<protocol::NodeId, Error> find_coordinator(const std::string& id);
    [[nodiscard]] Result<bool, Error> is_known(const OpenTransaction& transaction);
    [[nodiscard]] Instant deadline();

    client::Cluster& cluster_;
    Duration timeout_;
};

}  // namespace gregor::admin
