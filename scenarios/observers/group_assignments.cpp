#include "scenarios/observers/group_assignments.h"

#include <algorithm>

namespace gregor::scenarios {

using coordinator::GroupState;

namespace {

/// Who it is, whatever its id.
std::string identity_of(const std::string& member_id,
                        const std::optional<std::string>& group_instance_id) {
    return group_instance_id ? "instance " + *group_instance_id : "member " + member_id;
}

}  // namespace

void GroupAssignments::look_at(const Shard& shard,
                               const coordinator::GroupCoordinator& coordinator) {
    for (const auto& [group_id, group] : coordinator.groups()) {
        if (!group.is_in(GroupState::stable)) continue;
        Assignment& now = seen_[{shard, group_id, Protocol::classic}];
        now.epoch = group.generation_id();
        for (const auto& [id, member] : group.members()) {
            now.of_classic[identity_of(id, member.group_instance_id)] = member.assignment;
        }
    }
    for (const auto& [group_id, group] : coordinator.image().consumer_groups()) {
        Assignment& now = seen_[{shard, group_id, Protocol::consumer}];
        now.epoch = group.assignment_epoch();
        for (const auto& [id, member] : group.members()) {
            now.of_consumers[identity_of(id, member.instance_id())] = group.target_of(id);
        }
    }
    for (const auto& [key, now] : seen_) {
        if (std::get<Shard>(key) != shard) continue;
        const auto before = before_.find(key);
        if (before == before_.end() || before->second.epoch != now.epoch) continue;
        compare(key, now.epoch, before->second.of_classic, now.of_classic);
        compare(key, now.epoch, before->second.of_consumers, now.of_consumers);
    }
}

template <class Parts>
void GroupAssignments::compare(const Key& key, std::int32_t epoch, const Parts& before,
                               const Parts& now) {
    const auto same_members = [](const auto& a, const auto& b) { return a.first == b.first; };
    if (!std::ranges::equal(before, now, same_members)) return;
    judge_.compared();
    const auto [was, is] = std::ranges::mismatch(before, now);
    if (is == now.end()) return;
    judge_.violated("G8", "n{}: {} of {} has another assignment than before, of epoch {}",
                    std::get<Shard>(key).node, is->first, std::get<std::string>(key), epoch);
}

}  // namespace gregor::scenarios
