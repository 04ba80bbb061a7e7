// GroupImage: what the records of one partition of __consumer_offsets say, up to some offset: the
// metadata of its classic groups, its consumer groups, and what offsets they have committed.
// apply() and end_transaction() are the only ways to change it; a replayed log gives the same image
// as the live path (G9).
//
// Offsets in a transactional batch wait, by producer, for the marker that ends their transaction
// (KIP-98). A later commit of the same partition is not undone by an earlier one whose marker comes
// late: the record's own place in the log decides.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "broker/coordinator/consumer/consumer_group.h"
#include "broker/coordinator/group_records.h"

namespace gregor::coordinator {

/// Topic and partition.
using OffsetKey = std::pair<std::string, protocol::PartitionId>;

struct CommittedOffset {
    protocol::OffsetCommitValue value;
    protocol::Offset record_offset{0};

    friend bool operator==(const CommittedOffset&, const CommittedOffset&) = default;
};
using GroupOffsets = std::map<OffsetKey, CommittedOffset>;

class GroupImage {
public:
    void apply(const RecordOrigin& origin, const GroupRecord& record);
    void end_transaction(protocol::ProducerId producer_id, bool is_commit);

    [[nodiscard]] const std::map<std::string, protocol::GroupMetadataValue>& groups() const {
        return groups_;
    }
    /// nullptr: nothing is written about the group itself.
    [[nodiscard]] const protocol::GroupMetadataValue* find_group(const std::string& group) const;
    [[nodiscard]] const std::map<std::string, ConsumerGroup>& consumer_groups() const {
        return consumer_groups_;
    }
    /// nullptr: it is no consumer group.
    [[nodiscard]] const ConsumerGroup* find_consumer_group(const std::string& group) const;
    /// By group; no group without offsets.
    [[nodiscard]] const std::map<std::string, GroupOffsets>& offsets() const { return offsets_; }
    [[nodiscard]] const GroupOffsets& offsets_of(const std::string& group) const;
    /// nullptr: none is committed.
    [[nodiscard]] const CommittedOffset* find_offset(const std::string& group,
                                                     const OffsetKey& key) const;
    /// Whether an undecided transaction has an offset for it.
    [[nodiscard]] bool is_pending(const std::string& group, const OffsetKey& key) const;
    /// Whether an undecided transaction has an offset for any partition of the group.
    [[nodiscard]] bool has_pending(const std::string& group) const;
    /// What undecided transactions have, by producer and group.
    [[nodiscard]] const std::map<protocol::ProducerId, std::map<std::string, GroupOffsets>>&
    pending() const {
        return pending_;
    }

    friend bool operator==(const GroupImage&, const GroupImage&) = default;

private:
    void apply_offset(const RecordOrigin& origin, const OffsetCommitRecord& record);
    void apply_group(const GroupMetadataRecord& record);
    template <class Record>
    void apply_consumer_group(const Record& record);

    std::map<std::string, protocol::GroupMetadataValue> groups_;
    std::map<std::string, ConsumerGroup> consumer_groups_;
    std::map<std::string, GroupOffsets> offsets_;
    std::map<protocol::ProducerId, std::map<std::string, GroupOffsets>> pending_;
};

}  // namespace gregor::coordinator
