// Transactions: the fiber that carries a TransactionManager's requests to the coordinators and
// their answers back, one at a time, and those that wait for what comes of them.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "clients/client/coordinator_link.h"
#include "clients/producer/producer_config.h"
#include "clients/producer/transaction_manager.h"
#include "sim/runtime/runtime.h"
#include "sim/runtime/sync.h"

namespace gregor::producer {

class Transactions {
public:
    struct Owner {
        /// Whether batches are not done yet.
        std::function<bool()> has_batches;
        /// The manager's state may be another one.
        std::function<void()> changed;
    };

    /// `config` names a transactional id. What is lent outlives this.
    Transactions(Runtime& runtime, client::Cluster& cluster, const ProducerConfig& config,
                 Owner owner);

    /// Until stop().
    void run();
    void stop();

    [[nodiscard]] TransactionManager& manager() { return manager_; }
    /// There may be something to ask.
    void notify() { changed_.notify_all(); }
    /// As far as the brokers have said.
    void learn_version();
    /// What comes of what the manager was asked last. REQUEST_TIMED_OUT: it is under way still.
    [[nodiscard]] Result<void, client::Error> wait(Instant deadline);

private:
    using Link = client::CoordinatorLink;

    void take(const WaitUntil& wait) { changed_.wait(wait.time); }
    void take(const protocol::InitProducerIdRequest& request);
    void take(const protocol::AddPartitionsToTxnRequest& request);
    void take(const protocol::AddOffsetsToTxnRequest& request);
    void take(const CommitOffsets& step);
    void take(const EndTransaction& step);
    void publish();
    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, client::Error> ask(
        const Request& request, std::int16_t newest = Request::kMessage.versions.max);
    [[nodiscard]] Link& link_to_group(const std::string& group_id);
    [[nodiscard]] Instant now() { return runtime_.clock().now(); }

    Runtime& runtime_;
    client::Cluster& cluster_;
    const ProducerConfig& config_;
    Owner owner_;
    TransactionManager manager_;
    Link coordinator_;
    std::map<std::string, Link> groups_;
    WaitQueue changed_;
    bool is_stopped_ = false;
};

}  // namespace gregor::producer
