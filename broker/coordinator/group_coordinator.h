// GroupCoordinator: the state machine of one partition of __consumer_offsets (coordinator.h): the
// groups that live there, of the classic and of the consumer protocol (KIP-848), and their
// committed offsets.
//
//     GroupImage     what is written: apply() of records, replayed or new ones
//     ConsumerGroup  part of the image: all of it is written
//     ClassicGroup   what runs: members, a rebalance, who waits; made from the image by loaded()
//     Timers         sessions, the ends of a rebalance's two halves, revocations, the cleanup of
//                    offsets
//
// A classic rebalance changes the running group at once and writes what it came to only at its end:
// when the leader's assignment comes (SyncGroup), when the last member is gone, when a static
// member goes on under a new id. Members are told their assignment when that is committed.
//
// group_join.cpp: JoinGroup · group_rebalance.cpp: from one generation to the next ·
// group_sync.cpp: SyncGroup, Heartbeat, LeaveGroup · group_offsets.cpp · group_admin.cpp: describe,
// list, delete · group_cleanup.cpp: offsets that have expired · consumer_heartbeat.cpp: the
// consumer protocol · consumer_membership.cpp: how its members stay and go · classic_members.cpp:
// classic ones among them · group_conversion.cpp: from one protocol to the other.
#pragma once

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <variant>

#include "broker/coordinator/classic_group.h"
#include "broker/coordinator/consumer/group_draft.h"
#include "broker/coordinator/coordinator.h"
#include "broker/coordinator/group_config.h"
#include "broker/coordinator/group_image.h"
#include "broker/coordinator/group_requests.h"
#include "broker/coordinator/timers.h"
#include "sim/base/random.h"

namespace gregor::coordinator {

/// Why a request is refused, as its response says it.
struct GroupError {
    protocol::ErrorCode code = protocol::ErrorCode::none;
    std::string message;
};

class GroupCoordinator {
public:
    using Request = GroupRequest;
    using Response = GroupResponse;

    /// What is waited for.
    enum class TimerKind : std::uint8_t {
        session,
        join,
        sync,
        cleanup,
        // Of members of consumer groups.
        consumer_session,
        revocation,
        consumer_join,
        consumer_sync
    };

    /// `random` makes member ids; it must outlive the coordinator.
    GroupCoordinator(GroupConfig config, Random& random)
        : config_(std::move(config)), random_(random) {}

    // See CoordinatorMachine. ---------------------------------------------------------------------
    [[nodiscard]] Result<void, std::string> apply(const RecordOrigin& origin,
                                                  const CoordinatorRecord& record);
    void end_transaction(protocol::ProducerId producer_id, bool is_commit);
    void loaded(const CoordinatorContext& context);
    [[nodiscard]] Outcome<Response> handle(const CoordinatorContext& context, RequestId id,
                                           const Request& request);
    [[nodiscard]] Outcome<Response> tick(const CoordinatorContext& context);
    [[nodiscard]] Outcome<Response> append_done(const CoordinatorContext& context, AppendId append,
                                                protocol::ErrorCode error);
    [[nodiscard]] std::optional<std::int64_t> next_tick_ms() const { return timers_.next_ms(); }
    /// Every group's, and that each has its place in the image or is on its way there.
    void check_invariants() const;

    [[nodiscard]] const GroupImage& image() const { return image_; }
    [[nodiscard]] const std::map<std::string, ClassicGroup>& groups() const { return groups_; }
    [[nodiscard]] const GroupConfig& config() const { return config_; }
    /// On this coordinator's clock, when it stops waiting for the member or, of a kind that its
    /// group has, for all; nothing where it does not wait.
    [[nodiscard]] std::optional<std::int64_t> deadline_ms(TimerKind kind,
                                                          const std::string& group_id,
                                                          const std::string& member_id = "") const {
        return timers_.deadline({kind, group_id, member_id});
    }
    /// It was a consumer group, and that it is none any more is not known to be committed.
    [[nodiscard]] bool is_becoming_classic(const std::string& group_id) const;

private:
    /// Kind, group, member; as far as the kind has them.
    using TimerKey = std::tuple<TimerKind, std::string, std::string>;

    /// One decision on its way.
    struct Step {
        const CoordinatorContext& context;
        Outcome<Response> outcome;

        void answer(RequestId id, Response response) {
            outcome.answers.push_back({id, std::move(response)});
        }
        template <class Record>
        void write(const Record& record) {
            outcome.records.push_back(encode_group_record(record));
        }
        void take(const GroupDraft& draft) {
            outcome.records.insert(outcome.records.end(), draft.records().begin(),
                                   draft.records().end());
        }
    };

    /// An assignment that is in the log and not known to be committed.
    struct StoringAssignment {
        std::string group_id;
        std::int32_t generation_id = 0;
        std::map<std::string, Bytes> assignments;
    };
    /// A static member's new id, on its way as well; who it was before.
    struct StoringStaticMember {
        std::string group_id;
        std::string new_id;
        ClassicMember old_member;
    };

    /// The end of an empty consumer group, and who joins the classic one that comes instead.
    struct StoringEnd {
        RequestId request = 0;
        JoinGroup join;
    };

    /// A consumer group's last records and the first of the classic group that it becomes.
    struct StoringDowngrade {
        std::string group_id;
    };

    // group_coordinator.cpp
    [[nodiscard]] ClassicGroup* find(const std::string& group_id);
    [[nodiscard]] const ClassicGroup* find(const std::string& group_id) const;
    void take(Step& step, const TimerKey& due);
    void follow(const GroupRecord& record);
    /// Nobody is in it or on the way in.
    [[nodiscard]] static bool is_over(const ClassicGroup& group) {
        return group.is_in(GroupState::empty) && group.pending_members().empty();
    }
    void stored(Step& step, const StoringAssignment& storing, protocol::ErrorCode error);
    void stored(Step& step, const StoringStaticMember& storing, protocol::ErrorCode error);
    void stored(Step& step, const StoringEnd& storing, protocol::ErrorCode error);
    void stored(Step& step, const StoringDowngrade& storing, protocol::ErrorCode error);
    void forget(const ClassicGroup& group);

    // group_join.cpp
    void on(Step& step, RequestId id, const JoinGroup& join);
    [[nodiscard]] static protocol::JoinGroupResponse refuse_join(const std::string& member_id,
                                                                 protocol::ErrorCode error);
    void join_as_new(Step& step, RequestId id, const JoinGroup& join, ClassicGroup& group);
    void join_again(Step& step, RequestId id, const JoinGroup& join, ClassicGroup& group);
    void join_as_static(Step& step, RequestId id, const JoinGroup& join, ClassicGroup& group,
                        const std::string& old_id);
    void add_member(Step& step, RequestId id, const JoinGroup& join, ClassicGroup& group,
                    const std::string& member_id);
    void update_member(Step& step, RequestId id, const JoinGroup& join, ClassicGroup& group,
                       ClassicMember& member);
    void take_protocols(Step& step, RequestId id, const JoinGroup& join, ClassicMember& member);
    [[nodiscard]] bool has_room(const ClassicGroup& group, const std::string& member_id) const;
    [[nodiscard]] std::string new_member_id(const JoinGroup& join);

    // group_rebalance.cpp
    void rebalance(Step& step, ClassicGroup& group);
    void prepare_rebalance(Step& step, ClassicGroup& group);
    void complete_join_if_ready(Step& step, ClassicGroup& group);
    void complete_join(Step& step, ClassicGroup& group);
    void join_time_is_up(Step& step, ClassicGroup& group);
    void sync_time_is_up(Step& step, ClassicGroup& group);
    void session_is_over(Step& step, ClassicGroup& group, const std::string& member_id);
    void remove_member(Step& step, ClassicGroup& group, const std::string& member_id);
    void members_left(Step& step, ClassicGroup& group);
    void renew_session(Step& step, const ClassicGroup& group, const ClassicMember& member);
    [[nodiscard]] protocol::JoinGroupResponse joined(const ClassicGroup& group,
                                                     const ClassicMember& member) const;
    void write_group(Step& step, const ClassicGroup& group,
                     const std::map<std::string, Bytes>& assignments);

    // group_sync.cpp
    void on(Step& step, RequestId id, const SyncGroup& sync);
    void on(Step& step, RequestId id, const Heartbeat& heartbeat);
    void on(Step& step, RequestId id, const LeaveGroup& leave);
    [[nodiscard]] protocol::ErrorCode check_sync(const ClassicGroup& group,
                                                 const protocol::SyncGroupRequest& request) const;
    [[nodiscard]] protocol::ErrorCode leave(Step& step, ClassicGroup& group,
                                            const protocol::LeaveGroupRequest::Member& leaver);
    void store_assignment(Step& step, ClassicGroup& group,
                          const protocol::SyncGroupRequest& request);
    void hand_out_assignments(Step& step, ClassicGroup& group);
    void refuse_syncs(Step& step, ClassicGroup& group, protocol::ErrorCode error);

    // consumer_heartbeat.cpp
    void on(Step& step, RequestId id, const ConsumerGroupHeartbeat& heartbeat);
    [[nodiscard]] Result<protocol::ConsumerGroupHeartbeatResponse, GroupError> consumer_heartbeat(
        Step& step, const ConsumerGroupHeartbeat& heartbeat);
    [[nodiscard]] Result<void, GroupError> check_assignor(
        const std::optional<std::string>& assignor) const;
    [[nodiscard]] Result<void, GroupError> check_regex(const ConsumerGroup& group,
                                                       const ConsumerMember& member) const;
    [[nodiscard]] static Result<void, GroupError> check_static(const ConsumerMember* known,
                                                               const std::string& instance_id,
                                                               const std::string& member_id);
    [[nodiscard]] Result<GroupDraft, GroupError> open_consumer_group(
        Step& step, const protocol::ConsumerGroupHeartbeatRequest& request);
    [[nodiscard]] Result<ConsumerMember, GroupError> find_or_make_member(
        GroupDraft& draft, const protocol::ConsumerGroupHeartbeatRequest& request);
    [[nodiscard]] Result<ConsumerMember, GroupError> find_or_make_static(
        GroupDraft& draft, const protocol::ConsumerGroupHeartbeatRequest& request,
        const std::string& member_id);
    [[nodiscard]] GroupError no_consumer_group(const std::string& group_id) const;
    void renew_and_assign(Step& step, GroupDraft& draft, bool must_bump);
    [[nodiscard]] const ServerAssignor& assignor_of(const ConsumerGroup& group) const;

    // consumer_membership.cpp
    [[nodiscard]] Result<protocol::ConsumerGroupHeartbeatResponse, GroupError> leave_consumer_group(
        Step& step, const protocol::ConsumerGroupHeartbeatRequest& request);
    void remove_from(Step& step, GroupDraft& draft, const std::set<std::string>& member_ids);
    void keep_alive(Step& step, const std::string& group_id, const ConsumerMember& member,
                    const ConsumerMember& before);
    void renew_consumer_session(Step& step, const std::string& group_id,
                                const ConsumerMember& member);
    void expect_revocation(Step& step, const std::string& group_id, const ConsumerMember& member);
    void load_consumer_groups(Step& step);
    void consumer_time_is_up(Step& step, const TimerKey& due);
    void forget_consumer(const std::string& group_id, const std::string& member_id);
    [[nodiscard]] std::int32_t consumer_session_timeout_ms(const Step& step,
                                                           const std::string& group_id) const;
    [[nodiscard]] std::int32_t consumer_heartbeat_interval_ms(const Step& step,
                                                              const std::string& group_id) const;
    [[nodiscard]] std::string new_consumer_member_id();

    // classic_members.cpp
    void join_consumer_group(Step& step, RequestId id, const JoinGroup& join,
                             const ConsumerGroup& group);
    [[nodiscard]] Result<ConsumerMember, protocol::ErrorCode> join_as(
        GroupDraft& draft, const protocol::JoinGroupRequest& request, const std::string& member_id);
    [[nodiscard]] static Result<const ConsumerMember*, protocol::ErrorCode> find_classic(
        const ConsumerGroup& group, const std::string& member_id,
        const std::optional<std::string>& instance_id, std::int32_t generation_id);
    [[nodiscard]] protocol::SyncGroupResponse sync_consumer_group(
        Step& step, const protocol::SyncGroupRequest& request, const ConsumerGroup& group);
    [[nodiscard]] protocol::ErrorCode beat_in_consumer_group(
        Step& step, const protocol::HeartbeatRequest& request, const ConsumerGroup& group);
    void expect_join(Step& step, const std::string& group_id, const ConsumerMember& member);
    [[nodiscard]] protocol::LeaveGroupResponse leave_as_classic(
        Step& step, const protocol::LeaveGroupRequest& request, const ConsumerGroup& group);

    // group_conversion.cpp
    [[nodiscard]] std::optional<std::vector<ConsumerMember>> upgraded(
        const Step& step, const ClassicGroup& group) const;
    void upgrade(Step& step, GroupDraft& draft, ClassicGroup& group,
                 const std::vector<ConsumerMember>& members);
    [[nodiscard]] bool may_downgrade(const ConsumerGroup& group,
                                     const std::set<std::string>& leaving) const;
    void downgrade(Step& step, GroupDraft& draft, const std::set<std::string>& leaving);

    // group_offsets.cpp
    void on(Step& step, RequestId id, const CommitOffsets& commit);
    void on(Step& step, RequestId id, const CommitTransactionOffsets& commit);
    void on(Step& step, RequestId id, const FetchOffsets& fetch);
    void on(Step& step, RequestId id, const DeleteOffsets& request);
    /// Who wants to commit, as it says.
    struct Committer {
        const std::string& group_id;
        std::int32_t epoch = -1;  // generation or member epoch
        const std::string& member_id;
        const std::optional<std::string>& group_instance_id;
        bool is_transactional = false;
        std::int16_t version = 0;

        [[nodiscard]] bool says_who() const {
            return epoch >= 0 || !member_id.empty() || group_instance_id.has_value();
        }
    };
    [[nodiscard]] protocol::ErrorCode check_commit(const Committer& committer) const;
    [[nodiscard]] protocol::ErrorCode check_commit(const ClassicGroup& group,
                                                   const Committer& committer) const;
    [[nodiscard]] protocol::ErrorCode check_commit(const ConsumerGroup& group,
                                                   const Committer& committer) const;
    [[nodiscard]] static protocol::ErrorCode check_epoch(const ConsumerMember& member,
                                                         std::int32_t epoch);
    [[nodiscard]] protocol::ErrorCode check_fetch(
        const protocol::OffsetFetchRequest::Group& request) const;
    [[nodiscard]] protocol::ErrorCode write_offset(Step& step, const protocol::OffsetCommitKey& key,
                                                   const protocol::OffsetCommitValue& value) const;

    // group_admin.cpp
    void on(Step& step, RequestId id, const DescribeGroup& describe);
    void on(Step& step, RequestId id, const DescribeConsumerGroup& describe);
    void on(Step& step, RequestId id, const ListGroups& list);
    void on(Step& step, RequestId id, const DeleteGroup& request);
    void write_end(Step& step, const std::string& group_id) const;

    // group_cleanup.cpp
    void on(Step& step, RequestId id, const TopicsDeleted& deleted);
    void clean_up(Step& step);
    [[nodiscard]] bool clean_up_group(Step& step, const std::string& group_id) const;
    [[nodiscard]] bool may_end(const std::string& group_id) const;
    [[nodiscard]] bool has_expired(const Step& step, const std::string& group_id,
                                   const OffsetKey& key, const CommittedOffset& offset) const;
    [[nodiscard]] std::optional<std::int64_t> unused_since(const std::string& group_id,
                                                           const std::string& topic,
                                                           std::int64_t committed_ms) const;

    GroupConfig config_;
    Random& random_;
    GroupImage image_;
    bool is_loaded_ = false;
    std::map<std::string, ClassicGroup> groups_;
    Timers<TimerKey> timers_;
    /// By consumer group: the cluster in which its subscriptions were last found as they are
    /// written.
    std::map<std::string, metadata::ImageRef> seen_images_;
    std::map<AppendId,
             std::variant<StoringAssignment, StoringStaticMember, StoringEnd, StoringDowngrade>>
        storing_;
    AppendId next_append_ = 1;
    std::string clean_up_from_;  // the group at which an unfinished cleanup goes on
};

}  // namespace gregor::coordinator
