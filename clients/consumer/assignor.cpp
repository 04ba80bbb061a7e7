#include "clients/consumer/assignor.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "clients/consumer/sticky_user_data.h"

namespace gregor::consumer {

using protocol::PartitionId;

namespace {

std::optional<Bytes> no_user_data(const std::vector<TopicPartition>& /*assigned*/,
                                  std::int32_t /*generation_id*/) {
    return std::nullopt;
}

constexpr Assignor kAssignors[] = {
    {"range", RebalanceProtocol::eager, assign_ranges, no_user_data},
    {"roundrobin", RebalanceProtocol::eager, assign_round_robin, no_user_data},
    {"sticky", RebalanceProtocol::eager, assign_sticky, encode_sticky_user_data},
    {"cooperative-sticky", RebalanceProtocol::cooperative, assign_cooperative_sticky,
     encode_cooperative_user_data},
};

/// Java's class names, as Kafka's property files have them.
constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
    {"org.apache.kafka.clients.consumer.RangeAssignor", "range"},
    {"org.apache.kafka.clients.consumer.RoundRobinAssignor", "roundrobin"},
    {"org.apache.kafka.clients.consumer.StickyAssignor", "sticky"},
    {"org.apache.kafka.clients.consumer.CooperativeStickyAssignor", "cooperative-sticky"},
};

GroupAssignment nothing_for(const std::vector<MemberSubscription>& members) {
    GroupAssignment assignment;
    for (const MemberSubscription& member : members) assignment[member.member_id];
    return assignment;
}

bool is_subscribed(const MemberSubscription& member, const std::string& topic) {
    return std::ranges::find(member.topics, topic) != member.topics.end();
}

}  // namespace

const Assignor* find_assignor(std::string_view name) {
    for (const auto& [class_name, short_name] : kClasses) {
        if (name == class_name) name = short_name;
    }
    for (const Assignor& assignor : kAssignors) {
        if (assignor.name == name) return &assignor;
    }
    return nullptr;
}

std::optional<RebalanceProtocol> supported_protocol(std::span<const std::string> names) {
    auto common = RebalanceProtocol::cooperative;
    for (const std::string& name : names) {
        const Assignor* const assignor = find_assignor(name);
        if (assignor == nullptr) return std::nullopt;
        if (assignor->protocol == RebalanceProtocol::eager) common = RebalanceProtocol::eager;
    }
    return common;
}

std::vector<const MemberSubscription*> in_order(const std::vector<MemberSubscription>& members) {
    std::vector<const MemberSubscription*> ordered;
    for (const MemberSubscription& member : members) ordered.push_back(&member);
    std::ranges::sort(ordered, {}, [](const MemberSubscription* member) {
        return std::tuple(!member->group_instance_id.has_value(),
                          member->group_instance_id.value_or(""), member->member_id);
    });
    return ordered;
}

GroupAssignment assign_ranges(const PartitionCounts& counts,
                              const std::vector<MemberSubscription>& members) {
    GroupAssignment assignment = nothing_for(members);
    const auto ordered = in_order(members);
    for (const auto& [topic, count] : counts) {
        std::vector<const MemberSubscription*> readers;
        for (const auto* member : ordered) {
            if (is_subscribed(*member, topic)) readers.push_back(member);
        }
        if (readers.empty()) continue;
        const auto size = static_cast<std::int32_t>(readers.size());
        std::int32_t next = 0;
        for (std::int32_t reader = 0; reader < size; ++reader) {
            // The first ones take one more each until the remainder is gone.
            const std::int32_t share = count / size + (reader < count % size ? 1 : 0);
            auto& assigned = assignment[readers[static_cast<std::size_t>(reader)]->member_id];
            for (std::int32_t i = 0; i < share; ++i) {
                assigned.push_back({topic, PartitionId(next++)});
            }
        }
    }
    return assignment;
}

GroupAssignment assign_round_robin(const PartitionCounts& counts,
                                   const std::vector<MemberSubscription>& members) {
    GroupAssignment assignment = nothing_for(members);
    const auto ordered = in_order(members);
    std::size_t turn = 0;
    for (const auto& [topic, count] : counts) {
        const bool is_read = std::ranges::any_of(
            ordered, [&](const auto* member) { return is_subscribed(*member, topic); });
        if (!is_read) continue;
        for (std::int32_t partition = 0; partition < count; ++partition) {
            while (!is_subscribed(*ordered[turn % ordered.size()], topic)) ++turn;
            assignment[ordered[turn % ordered.size()]->member_id].push_back(
                {topic, PartitionId(partition)});
            ++turn;
        }
    }
    return assignment;
}

}  // namespace gregor::consumer
