#include "broker/coordinator/group_image.h"

#include <algorithm>
#include <type_traits>

namespace gregor::coordinator {

using protocol::kNoProducerId;

void GroupImage::apply(const RecordOrigin& origin, const GroupRecord& record) {
    std::visit(
        [&](const auto& each) {
            using Record = std::decay_t<decltype(each)>;
            if constexpr (std::is_same_v<Record, OffsetCommitRecord>) {
                apply_offset(origin, each);
            } else if constexpr (std::is_same_v<Record, GroupMetadataRecord>) {
                apply_group(each);
            } else if constexpr (!std::is_same_v<Record, OtherGroupRecord>) {
                apply_consumer_group(each);
            }
        },
        record);
}

void GroupImage::apply_group(const GroupMetadataRecord& record) {
    if (record.value) {
        groups_.insert_or_assign(record.key.group, *record.value);
    } else {
        groups_.erase(record.key.group);
    }
}

/// A value makes the group if it is not there, whatever it is of: compaction may have taken what
/// came before. The end of the group's epoch is its own.
template <class Record>
void GroupImage::apply_consumer_group(const Record& record) {
    const std::string& group_id = record.key.group_id;
    if (record.value) return consumer_groups_[group_id].apply(record);
    if constexpr (std::is_same_v<Record, ConsumerGroupMetadataRecord>) {
        consumer_groups_.erase(group_id);
    } else {
        const auto it = consumer_groups_.find(group_id);
        if (it != consumer_groups_.end()) it->second.apply(record);
    }
}

void GroupImage::apply_offset(const RecordOrigin& origin, const OffsetCommitRecord& record) {
    const OffsetKey key{record.key.topic, record.key.partition};
    if (record.value) {
        GroupOffsets& offsets = origin.producer_id == kNoProducerId
                                    ? offsets_[record.key.group]
                                    : pending_[origin.producer_id][record.key.group];
        offsets.insert_or_assign(key, CommittedOffset{*record.value, origin.offset});
        return;
    }
    const auto group = offsets_.find(record.key.group);
    if (group == offsets_.end()) return;
    group->second.erase(key);
    if (group->second.empty()) offsets_.erase(group);
}

void GroupImage::end_transaction(protocol::ProducerId producer_id, bool is_commit) {
    const auto ended = pending_.extract(producer_id);
    if (ended.empty() || !is_commit) return;
    for (const auto& [group, offsets] : ended.mapped()) {
        GroupOffsets& committed = offsets_[group];
        for (const auto& [key, offset] : offsets) {
            const auto it = committed.find(key);
            if (it == committed.end() || it->second.record_offset < offset.record_offset) {
                committed.insert_or_assign(key, offset);
            }
        }
    }
}

const protocol::GroupMetadataValue* GroupImage::find_group(const std::string& group) const {
    const auto it = groups_.find(group);
    return it == groups_.end() ? nullptr : &it->second;
}

const ConsumerGroup* GroupImage::find_consumer_group(const std::string& group) const {
    const auto it = consumer_groups_.find(group);
    return it == consumer_groups_.end() ? nullptr : &it->second;
}

const GroupOffsets& GroupImage::offsets_of(const std::string& group) const {
    static const GroupOffsets kNone;
    const auto it = offsets_.find(group);
    return it == offsets_.end() ? kNone : it->second;
}

const CommittedOffset* GroupImage::find_offset(const std::string& group,
                                               const OffsetKey& key) const {
    const GroupOffsets& offsets = offsets_of(group);
    const auto it = offsets.find(key);
    return it == offsets.end() ? nullptr : &it->second;
}

bool GroupImage::is_pending(const std::string& group, const OffsetKey& key) const {
    return std::ranges::any_of(pending_, [&](const auto& of_producer) {
        const auto it = of_producer.second.find(group);
        return it != of_producer.second.end() && it->second.contains(key);
    });
}

bool GroupImage::has_pending(const std::string& group) const {
    return std::ranges::any_of(
        pending_, [&](const auto& of_producer) { return of_producer.second.contains(group); });
}

}  // namespace gregor::coordinator
