#include "scenarios/applications/group_settings.h"

#include <array>

#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

using std::chrono::milliseconds;

namespace {

constexpr auto kNumbers = std::to_array<NumberRange>({
    {"groups", 1, 4},
    {"protocols", 0, 3},
    {"assignor", 0, 4},
    {"commits", 0, 2},
    {"by_pattern", 0, 1},
    {"static_members", 0, 8},
    {"twins", 0, 8},
    {"idlers", 0, 4},
    {"guests", 0, 4},
    {"slow_revocations", 0, 1, true},
    {"session_timeout_ms", 100, 60'000},
    {"heartbeat_interval_ms", 10, 20'000},
    {"max_poll_interval_ms", 100, 60'000},
    {"member_life_ms", 100, 120'000},
    {"added_partitions", 0, 16},
    {"late_topics", 0, 8},
});

std::vector<std::string> assignors(std::int64_t number) {
    switch (number % 5) {
        case 0: return {"range"};
        case 1: return {"roundrobin"};
        case 2: return {"sticky"};
        case 3: return {"cooperative-sticky"};
        default: return {"range", "cooperative-sticky"};  // Kafka's default
    }
}

/// A group that is classic is so beside others, too.
Protocols protocols(std::int64_t number, std::int64_t group) {
    if (number == 0) return Protocols::classic;
    return static_cast<Protocols>(1 + (number - 1 + group) % 3);
}

std::optional<std::string> remote_assignor(std::int64_t number) {
    switch (number % 3) {
        case 0: return std::nullopt;
        case 1: return "range";
        default: return "uniform";
    }
}

}  // namespace

std::span<const NumberRange> group_numbers() { return kNumbers; }

std::vector<GroupSettings> group_settings(const clients::Workload& workload) {
    std::vector<GroupSettings> groups;
    for (std::int64_t i = 0; i < workload.setting("groups"); ++i) {
        groups.push_back(
            {.name = fmt::format("g{}", i),
             .protocols = protocols(workload.setting("protocols"), i),
             .assignors = assignors(workload.setting("assignor") + i),
             .remote_assignor = remote_assignor(workload.setting("assignor") + i),
             .commits = static_cast<Commits>((workload.setting("commits") + i) % 3),
             .by_pattern = (workload.setting("by_pattern") + i) % 2 != 0,
             .members = workload.setting("consumers"),
             .static_members = workload.setting("static_members"),
             .twins = workload.setting("twins"),
             .idlers = workload.setting("idlers"),
             .guests = workload.setting("guests"),
             .revokes_slowly = workload.optional_setting("slow_revocations") != 0,
             .session_timeout = milliseconds(workload.setting("session_timeout_ms")),
             .heartbeat_interval = milliseconds(workload.setting("heartbeat_interval_ms")),
             .max_poll_interval = milliseconds(workload.setting("max_poll_interval_ms"))});
    }
    return groups;
}

consumer::ConsumerConfig consumer_config(const GroupSettings& group,
                                         consumer::GroupProtocol protocol,
                                         const clients::Workload& workload) {
    consumer::ConsumerConfig config;
    config.bootstrap_servers = bootstrap_servers(workload);
    config.group_id = group.name;
    config.group_protocol = protocol;
    if (protocol == consumer::GroupProtocol::consumer) {
        config.group_remote_assignor = group.remote_assignor;
    }
    config.partition_assignment_strategy = group.assignors;
    config.session_timeout = group.session_timeout;
    // A group waits for its members for max.poll.interval.ms: by then all must have heard of it.
    config.heartbeat_interval = std::min(
        {group.heartbeat_interval, group.session_timeout / 2, group.max_poll_interval / 2});
    config.max_poll_interval = group.max_poll_interval;
    config.auto_offset_reset = consumer::OffsetReset::earliest;
    config.enable_auto_commit = group.commits == Commits::automatic;
    config.auto_commit_interval = 500ms;
    config.fetch_max_wait = milliseconds(workload.setting("fetch_wait_ms"));
    config.metadata_max_age = 2s;
    config.request_timeout = 3s;
    config.default_api_timeout = 5s;
    return config;
}

}  // namespace gregor::scenarios::applications
