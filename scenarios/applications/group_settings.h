// GroupSettings: how each group of a plan of `groups` or `mixed-clients` works. The plan has one
// number of each kind; the next group has the next value, so that a plan with several groups has
// several kinds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "clients/consumer/config.h"
#include "scenarios/clients/workload.h"
#include "scenarios/numbers.h"

namespace gregor::scenarios::applications {

enum class Commits : std::uint8_t { automatic, after_each_poll, without_waiting };

/// Which protocols a group's members speak.
enum class Protocols : std::uint8_t {
    classic,
    consumer,   // KIP-848
    migrating,  // one, then the other, then the first again
    either,     // each life of a member has its own
};

struct GroupSettings {
    std::string name;
    Protocols protocols = Protocols::classic;
    std::vector<std::string> assignors;
    std::optional<std::string> remote_assignor;  // of members of the consumer protocol
    Commits commits = Commits::automatic;
    bool by_pattern = false;
    std::int64_t members = 0;
    std::int64_t static_members = 0;  // the first ones
    std::int64_t twins = 0;           // of the first ones
    std::int64_t idlers = 0;
    std::int64_t guests = 0;
    bool revokes_slowly = false;
    Duration session_timeout{};
    Duration heartbeat_interval{};
    Duration max_poll_interval{};
};

/// Of each group.
[[nodiscard]] std::vector<GroupSettings> group_settings(const clients::Workload& workload);
[[nodiscard]] consumer::ConsumerConfig consumer_config(const GroupSettings& group,
                                                       consumer::GroupProtocol protocol,
                                                       const clients::Workload& workload);

/// The numbers above, and what else plans of groups have.
[[nodiscard]] std::span<const NumberRange> group_numbers();
void draw_classic_groups(simulated::Plan& plan);
void draw_mixed_groups(simulated::Plan& plan);
void draw_group_settings(simulated::Plan& plan);
void draw_group_faults(simulated::Plan& plan);

}  // namespace gregor::scenarios::applications
