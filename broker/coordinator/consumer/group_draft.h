// GroupDraft: a consumer group as it will be once what is being decided is applied, and the records
// of it. A decision is made in steps, each of which sees what those before have changed; one that
// ends in an error leaves nothing behind.
//
//     subscription, members ──renew_epoch──> group epoch ──assign──> targets ──reconcile──> a
//     member
//
// The order is that in which Kafka writes: member, topics, epoch, targets, their epoch, assignment.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/coordinator/consumer/consumer_group.h"
#include "broker/coordinator/consumer/server_assignor.h"
#include "broker/metadata/image.h"

namespace gregor::coordinator {

class GroupDraft {
public:
    /// `written` is the group as it stands, nullptr for a new one; it and the image outlive the
    /// draft.
    GroupDraft(std::string group_id, const ConsumerGroup* written,
               const metadata::MetadataImage& image);

    [[nodiscard]] const std::string& group_id() const { return group_id_; }
    [[nodiscard]] const ConsumerGroup& group() const { return changed_ ? *changed_ : written_; }
    [[nodiscard]] const std::vector<CoordinatorRecord>& records() const { return records_; }

    // Members. ------------------------------------------------------------------------------------
    /// Writes the member's subscription if it is another one, or the member new; whether it
    /// subscribes to other topics now.
    bool subscribe(const ConsumerMember& member);
    /// Writes what the member has and how far it is if that is another.
    void set_current(const ConsumerMember& member);
    void remove(const std::string& member_id);
    /// `member` takes the place of `old_id`, with its target (a static member's next incarnation).
    void replace(const std::string& old_id, const ConsumerMember& member);

    // The group. ----------------------------------------------------------------------------------
    /// Looks what the subscriptions stand for in the image; the group epoch goes up where that has
    /// changed, or if `must_bump`.
    void renew_epoch(bool must_bump, std::int64_t wall_ms);
    /// A new target assignment if the group epoch has none yet.
    void assign(const ServerAssignor& assignor);
    /// The member's next step towards its target (reconciliation.h).
    void reconcile(const std::string& member_id, const std::optional<TopicPartitions>& owned);
    /// It takes the place of a classic group of that id, which goes.
    void replace_classic_group();
    /// A new group that is in `epoch` and has these members, with what they have as their targets.
    void found(std::int32_t epoch, const std::vector<ConsumerMember>& members);
    /// Nothing of the group stays.
    void erase();

private:
    template <class Record>
    void write(const Record& record);
    void write_epoch(std::int32_t epoch);
    void write_target(const std::string& member_id, const TopicPartitions& target);
    void write_assignment_epoch(std::int32_t epoch);
    bool resolve_regexes(std::int64_t wall_ms);
    bool renew_subscription_metadata();
    [[nodiscard]] Targets compute_targets(const ServerAssignor& assignor) const;

    std::string group_id_;
    const ConsumerGroup& written_;
    const metadata::MetadataImage& image_;
    std::optional<ConsumerGroup> changed_;
    std::vector<CoordinatorRecord> records_;
};

}  // namespace gregor::coordinator
