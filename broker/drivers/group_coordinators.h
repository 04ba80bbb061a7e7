// GroupCoordinators: the group coordinator of this broker: which partition of __consumer_offsets a
// group lives on, and the shard of it that answers here.
//
//     group id ──Java's hash──> partition ──> CoordinatorDriver ──> GroupCoordinator
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>

#include "broker/coordinator/group_coordinator.h"
#include "broker/drivers/coordinator_driver.h"

namespace gregor::drivers {

inline constexpr std::string_view kConsumerOffsetsTopic = "__consumer_offsets";

class GroupCoordinators {
public:
    using Driver = CoordinatorDriver<coordinator::GroupCoordinator>;
    template <class Response>
    using Done = std::move_only_function<void(Result<Response, protocol::ErrorCode>)>;

    /// The topic of `options` is set here.
    GroupCoordinators(Runtime& runtime, replication::ReplicaManager& replicas,
                      const coordinator::GroupConfig& config, CoordinatorDriverOptions options);

    /// See CoordinatorDriver. Offsets of topics that have gone are given up soon.
    void publish(const metadata::ImageRef& before, const metadata::ImageRef& image);
    void shut_down() { driver_.shut_down(); }

    /// Of the group, as of this image; nothing while the topic is not there.
    [[nodiscard]] static std::optional<protocol::PartitionId> partition_of(
        const metadata::MetadataImage& image, std::string_view group_id) {
        return coordinating_partition(image, kConsumerOffsetsTopic, group_id);
    }

    /// Asks the shard of the group; see CoordinatorDriver::submit. `Response` is what the machine
    /// answers such a request with.
    template <class Response>
    void ask(const std::string& group_id, coordinator::GroupRequest request, Done<Response> done) {
        const auto partition = partition_of(*image_, group_id);
        if (!partition) return done(fail(protocol::ErrorCode::not_coordinator));
        ask_shard(*partition, std::move(request), std::move(done));
    }
    template <class Response>
    void ask_shard(protocol::PartitionId partition, coordinator::GroupRequest request,
                   Done<Response> done) {
        driver_.submit(partition, std::move(request),
                       [done = std::move(done)](
                           Result<coordinator::GroupResponse, protocol::ErrorCode> answer) mutable {
                           if (answer) return done(std::get<Response>(*std::move(answer)));
                           constexpr bool kIsCommit =
                               std::is_same_v<Response, protocol::OffsetCommitResponse> ||
                               std::is_same_v<Response, protocol::TxnOffsetCommitResponse>;
                           done(fail(error_of(kIsCommit, answer.error())));
                       });
    }

    /// See CoordinatorDriver.
    void end_transaction(protocol::PartitionId partition, const coordinator::TransactionEnd& end,
                         std::move_only_function<void(protocol::ErrorCode)> done) {
        driver_.end_transaction(partition, end, std::move(done));
    }

    [[nodiscard]] const Driver& driver() const { return driver_; }

private:
    /// What is too large, in the words of the request.
    [[nodiscard]] static protocol::ErrorCode error_of(bool is_commit, protocol::ErrorCode error);

    metadata::ImageRef image_ = std::make_shared<const metadata::MetadataImage>();
    Driver driver_;
};

}  // namespace gregor::drivers
