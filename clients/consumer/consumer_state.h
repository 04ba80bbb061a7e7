// What the fibers of one consumer share. Each of them does what there is to do, tells the others
// with notify(), and waits for them on `changed`; between two waits a fiber is alone.
#pragma once

#include <optional>
#include <regex>
#include <set>
#include <string>

#include "clients/client/coordinator_link.h"
#include "clients/consumer/consumer_membership.h"
#include "clients/consumer/membership.h"
#include "clients/consumer/positions.h"
#include "sim/runtime/sync.h"
#include "sim/runtime/task_group.h"

namespace gregor::consumer {

using client::CoordinatorLink;

/// What the consumer reads, and what is known of it.
struct Subscription {
    std::set<std::string> topics;       // with a pattern: those that match it
    std::optional<std::regex> pattern;  // whole names
    PartitionCounts counts;             // of topics that were asked for and exist
    // Of the generation's leader: what all members read, and what the assignor was told.
    std::set<std::string> group_topics;
    PartitionCounts assigned_counts;
};

struct ConsumerState {
    ConsumerState(const ConsumerState&) = delete;
    ConsumerState& operator=(const ConsumerState&) = delete;
    ConsumerState(Runtime& runtime_in, ConsumerConfig config_in,
                  std::vector<Endpoint> bootstrap_servers)
        : runtime(runtime_in),
          config(std::move(config_in)),
          cluster(runtime, {.bootstrap_servers = std::move(bootstrap_servers),
                            .client_id = config.client_id,
                            .retry_backoff = config.retry_backoff,
                            .request_timeout = config.request_timeout}),
          coordinator(cluster, config.group_id, config.client_id, config.request_timeout),
          classic({.group_id = config.group_id,
                   .group_instance_id = config.group_instance_id,
                   .session_timeout = config.session_timeout,
                   .heartbeat_interval = config.heartbeat_interval,
                   .max_poll_interval = config.max_poll_interval,
                   .retry_backoff = config.retry_backoff}),
          consumer({.group_id = config.group_id,
                    .member_id = config.group_protocol == GroupProtocol::consumer
                                     ? new_member_id(runtime.random())
                                     : std::string(),
                    .group_instance_id = config.group_instance_id,
                    .rack_id = config.client_rack.empty() ? std::nullopt
                                                          : std::optional(config.client_rack),
                    .remote_assignor = config.group_remote_assignor,
                    .max_poll_interval = config.max_poll_interval,
                    .retry_backoff = config.retry_backoff}),
          membership(config.group_protocol == GroupProtocol::classic
                         ? static_cast<GroupMember&>(classic)
                         : static_cast<GroupMember&>(consumer)),
          positions({.has_group = !config.group_id.empty(),
                     .auto_offset_reset = config.auto_offset_reset,
                     .isolation_level = config.isolation_level,
                     .max_partition_fetch_bytes = config.max_partition_fetch_bytes,
                     .check_crcs = config.check_crcs,
                     .retry_backoff = config.retry_backoff}),
          changed(runtime.scheduler()),
          stop(runtime.scheduler()),
          ended(runtime.scheduler()) {}

    [[nodiscard]] Instant now() { return runtime.clock().now(); }
    void notify() { changed.notify_all(); }
    void want_metadata() { is_metadata_wanted = true; }
    /// What the application is told by the next poll(); the first one counts.
    void report(client::Error what) {
        if (!error) error = std::move(what);
    }

    Runtime& runtime;
    const ConsumerConfig config;
    client::Cluster cluster;
    CoordinatorLink coordinator;
    Membership classic;           // one of the two is
    ConsumerMembership consumer;  // its membership
    GroupMember& membership;
    Positions positions;
    Subscription subscription;
    bool is_metadata_wanted = false;
    bool is_woken = false;
    std::optional<client::Error> error;
    WaitQueue changed;
    Event stop;
    Event ended;
};

}  // namespace gregor::consumer
