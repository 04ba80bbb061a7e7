#include "broker/coordinator/consumer/group_draft.h"

#include "broker/coordinator/consumer/reconciliation.h"
#include "broker/coordinator/consumer/topic_regex.h"
#include "sim/base/planted.h"

namespace gregor::coordinator {
namespace {

const ConsumerGroup& new_group() {
    static const ConsumerGroup kNewGroup;
    return kNewGroup;
}

SubscriptionMetadata subscription_metadata(const std::set<std::string>& topics,
                                           const metadata::MetadataImage& image) {
    SubscriptionMetadata metadata;
    for (const std::string& topic : topics) {
        const metadata::TopicImage* found = image.find_topic(topic);
        if (found == nullptr) continue;
        metadata[topic] = {.id = found->id,
                           .partitions = static_cast<std::int32_t>(found->partitions.size())};
    }
    return metadata;
}

}  // namespace

GroupDraft::GroupDraft(std::string group_id, const ConsumerGroup* written,
                       const metadata::MetadataImage& image)
    : group_id_(std::move(group_id)),
      written_(written == nullptr ? new_group() : *written),
      image_(image) {}

template <class Record>
void GroupDraft::write(const Record& record) {
    if (!changed_) changed_ = written_;
    changed_->apply(record);
    records_.push_back(encode_group_record(record));
}

// Members. ----------------------------------------------------------------------------------------

bool GroupDraft::subscribe(const ConsumerMember& member) {
    const ConsumerMember* known = group().find_member(member.member_id);
    const ConsumerMember fresh = ConsumerMember::make(member.member_id);
    const ConsumerMember& before = known == nullptr ? fresh : *known;
    const bool changes_topics =
        before.subscription.subscribed_topic_names != member.subscription.subscribed_topic_names ||
        before.regex() != member.regex();
    if (known == nullptr || known->subscription != member.subscription) {
        write(ConsumerGroupMemberMetadataRecord{
            .key = {.group_id = group_id_, .member_id = member.member_id},
            .value = member.subscription});
    }
    return changes_topics;
}

void GroupDraft::set_current(const ConsumerMember& member) {
    const ConsumerMember* known = group().find_member(member.member_id);
    const auto current = member.current();
    if (known != nullptr && known->current() == current) return;
    write(ConsumerGroupCurrentMemberAssignmentRecord{
        .key = {.group_id = group_id_, .member_id = member.member_id}, .value = current});
}

void GroupDraft::remove(const std::string& member_id) {
    write(ConsumerGroupCurrentMemberAssignmentRecord{
        .key = {.group_id = group_id_, .member_id = member_id}, .value = std::nullopt});
    write(ConsumerGroupTargetAssignmentMemberRecord{
        .key = {.group_id = group_id_, .member_id = member_id}, .value = std::nullopt});
    write(ConsumerGroupMemberMetadataRecord{.key = {.group_id = group_id_, .member_id = member_id},
                                            .value = std::nullopt});
}

void GroupDraft::replace(const std::string& old_id, const ConsumerMember& member) {
    const TopicPartitions target = group().target_of(old_id);
    // One that comes back under its own id goes on: its end would end what watches it.
    if (old_id != member.member_id) remove(old_id);
    write(ConsumerGroupMemberMetadataRecord{
        .key = {.group_id = group_id_, .member_id = member.member_id},
        .value = member.subscription});
    if (!PLANTED(static_member_without_target)) write_target(member.member_id, target);
    write(ConsumerGroupCurrentMemberAssignmentRecord{
        .key = {.group_id = group_id_, .member_id = member.member_id}, .value = member.current()});
}

// The group. --------------------------------------------------------------------------------------

void GroupDraft::renew_epoch(bool must_bump, std::int64_t wall_ms) {
    const bool has_new_regexes = resolve_regexes(wall_ms);
    const bool has_new_topics = renew_subscription_metadata();
    if (!must_bump && !has_new_regexes && !has_new_topics) return;
    write_epoch(group().epoch() + 1);
}

/// Whether any regular expression stands for other topics now.
bool GroupDraft::resolve_regexes(std::int64_t wall_ms) {
    const std::set<std::string> subscribed = group().subscribed_regexes();
    const auto known = group().resolved_regexes();
    for (const auto& [regex, topics] : known) {
        if (subscribed.contains(regex)) continue;
        write(ConsumerGroupRegularExpressionRecord{
            .key = {.group_id = group_id_, .regular_expression = regex}, .value = std::nullopt});
    }
    bool has_changed = false;
    for (const std::string& regex : subscribed) {
        const auto parsed = TopicRegex::parse(regex);
        // It was checked when it came; another coordinator's dialect may have had more.
        std::set<std::string> topics;
        if (parsed) topics = parsed->matching(image_);
        const auto before = known.find(regex);
        if (before != known.end() && before->second == topics) continue;
        if (before != known.end() && PLANTED(regex_of_old_topics)) continue;
        has_changed = true;
        write(ConsumerGroupRegularExpressionRecord{
            .key = {.group_id = group_id_, .regular_expression = regex},
            .value = protocol::ConsumerGroupRegularExpressionValue{
                .topics = {topics.begin(), topics.end()}, .version = 0, .timestamp = wall_ms}});
    }
    return has_changed;
}

bool GroupDraft::renew_subscription_metadata() {
    const SubscriptionMetadata metadata =
        subscription_metadata(group().subscribed_topics(), image_);
    if (metadata == group().subscription_metadata()) return false;
    protocol::ConsumerGroupPartitionMetadataValue value;
    for (const auto& [name, topic] : metadata) {
        value.topics.push_back({.topic_id = topic.id,
                                .topic_name = name,
                                .num_partitions = topic.partitions,
                                .partition_metadata = {}});
    }
    write(ConsumerGroupPartitionMetadataRecord{.key = {.group_id = group_id_},
                                               .value = std::move(value)});
    return true;
}

void GroupDraft::assign(const ServerAssignor& assignor) {
    if (group().epoch() <= group().assignment_epoch()) return;
    for (const auto& [member_id, target] : compute_targets(assignor)) {
        const auto known = group().targets().find(member_id);
        if (known != group().targets().end() && known->second == target) continue;
        write_target(member_id, target);
    }
    write_assignment_epoch(group().epoch());
}

Targets GroupDraft::compute_targets(const ServerAssignor& assignor) const {
    const SubscriptionMetadata& topics = group().subscription_metadata();
    PartitionCounts counts;
    for (const auto& [name, topic] : topics) counts[topic.id] = topic.partitions;
    AssignedMembers members;
    for (const auto& [member_id, member] : group().members()) {
        AssignedMember& each = members[member_id];
        each.instance_id = member.instance_id();
        for (const std::string& topic : group().topics_of(member)) {
            const auto it = topics.find(topic);
            if (it != topics.end()) each.subscribed.insert(it->second.id);
        }
        each.current = group().target_of(member_id);
    }
    return assignor.assign(members, counts);
}

void GroupDraft::reconcile(const std::string& member_id,
                           const std::optional<TopicPartitions>& owned) {
    const ConsumerMember* member = group().find_member(member_id);
    const std::int32_t epoch = group().assignment_epoch();
    if (member == nullptr || member->is_reconciled_to(epoch)) return;
    const TopicPartitions held = group().held_by_others(member_id);
    set_current(coordinator::reconcile(
        *member, {.epoch = epoch, .partitions = group().target_of(member_id)}, held, owned));
}

void GroupDraft::write_epoch(std::int32_t epoch) {
    write(
        ConsumerGroupMetadataRecord{.key = {.group_id = group_id_},
                                    .value = protocol::ConsumerGroupMetadataValue{.epoch = epoch}});
}

void GroupDraft::write_target(const std::string& member_id, const TopicPartitions& target) {
    using Value = protocol::ConsumerGroupTargetAssignmentMemberValue;
    write(ConsumerGroupTargetAssignmentMemberRecord{
        .key = {.group_id = group_id_, .member_id = member_id},
        .value = Value{.topic_partitions = to_wire<Value::TopicPartition>(target)}});
}

void GroupDraft::write_assignment_epoch(std::int32_t epoch) {
    write(ConsumerGroupTargetAssignmentMetadataRecord{
        .key = {.group_id = group_id_},
        .value = protocol::ConsumerGroupTargetAssignmentMetadataValue{.assignment_epoch = epoch}});
}

void GroupDraft::found(std::int32_t epoch, const std::vector<ConsumerMember>& members) {
    for (const ConsumerMember& member : members) subscribe(member);
    write_epoch(epoch);
    for (const ConsumerMember& member : members) write_target(member.member_id, member.assigned);
    write_assignment_epoch(epoch);
    for (const ConsumerMember& member : members) set_current(member);
}

void GroupDraft::replace_classic_group() {
    records_.push_back(encode_group_record(
        GroupMetadataRecord{.key = {.group = group_id_}, .value = std::nullopt}));
}

void GroupDraft::erase() {
    const ConsumerGroup before = group();
    for (const auto& [member_id, member] : before.members()) remove(member_id);
    for (const auto& [regex, topics] : before.resolved_regexes()) {
        write(ConsumerGroupRegularExpressionRecord{
            .key = {.group_id = group_id_, .regular_expression = regex}, .value = std::nullopt});
    }
    write(ConsumerGroupTargetAssignmentMetadataRecord{.key = {.group_id = group_id_},
                                                      .value = std::nullopt});
    write(ConsumerGroupPartitionMetadataRecord{.key = {.group_id = group_id_},
                                               .value = std::nullopt});
    write(ConsumerGroupMetadataRecord{.key = {.group_id = group_id_}, .value = std::nullopt});
}

}  // namespace gregor::coordinator
