// GroupCoordinator: the state machine of one partition of __consumer_offsets (coordinator.h): the
// classic groups that live there, and their committed offsets.
//
//     GroupImage     what is written: apply() of records, replayed or new ones
//     ClassicGroup   what runs: members, a rebalance, who waits; made from the image by loaded()
//     Timers         sessions, the ends of a rebalance's two halves, the cleanup of offsets
//
// A rebalance changes the running group at once and writes what it came to only at its end: when
// the leader's assignment comes (SyncGroup), when the last member is gone, when a static member
// goes on under a new id. Members are told their assignment when that is committed.
//
// group_join.cpp: JoinGroup · group_rebalance.cpp: from one generation to the next ·
// group_sync.cpp: SyncGroup, Heartbeat, LeaveGroup · group_offsets.cpp · group_admin.cpp: describe,
// list, delete · group_cleanup.cpp: offsets that have expired.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <variant>

#include "broker/coordinator/classic_group.h"
#include "broker/coordinator/coordinator.h"
#include "broker/coordinator/group_config.h"
#include "broker/coordinator/group_image.h"
#include "broker/coordinator/group_requests.h"
#include "broker/coordinator/timers.h"
#include "sim/base/random.h"

namespace gregor::coordinator {

class GroupCoordinator {
public:
    using Request = GroupRequest;
    using Response = GroupResponse;

    /// `random` makes member ids; it must outlive the coordinator.
    GroupCoordinator(GroupConfig config, Random& random) : config_(config), random_(random) {}

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

private:
    enum class TimerKind : std::uint8_t { session, join, sync, cleanup };
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

    // group_coordinator.cpp
    [[nodiscard]] ClassicGroup* find(const std::string& group_id);
    [[nodiscard]] const ClassicGroup* find(const std::string& group_id) const;
    void take(Step& step, const TimerKey& due);
    void stored(Step& step, const StoringAssignment& storing, protocol::ErrorCode error);
    void stored(Step& step, const StoringStaticMember& storing, protocol::ErrorCode error);

    // group_join.cpp
    void on(Step& step, RequestId id, const JoinGroup& join);
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

    // group_offsets.cpp
    void on(Step& step, RequestId id, const CommitOffsets& commit);
    void on(Step& step, RequestId id, const CommitTransactionOffsets& commit);
    void on(Step& step, RequestId id, const FetchOffsets& fetch);
    void on(Step& step, RequestId id, const DeleteOffsets& request);
    /// Who wants to commit, as it says.
    struct Committer {
        const std::string& group_id;
        std::int32_t generation_id = -1;
        const std::string& member_id;
        const std::optional<std::string>& group_instance_id;
        bool is_transactional = false;
        bool knows_group_id_not_found = false;
    };
    [[nodiscard]] protocol::ErrorCode check_commit(const Committer& committer) const;
    [[nodiscard]] protocol::ErrorCode check_offset(
        const Step& step, const std::string& topic, protocol::PartitionId partition,
        const std::optional<std::string>& metadata) const;

    // group_admin.cpp
    void on(Step& step, RequestId id, const DescribeGroup& describe);
    void on(Step& step, RequestId id, const ListGroups& list);
    void on(Step& step, RequestId id, const DeleteGroup& request);

    // group_cleanup.cpp
    void on(Step& step, RequestId id, const TopicsDeleted& deleted);
    void clean_up(Step& step);
    [[nodiscard]] bool has_expired(const Step& step, const ClassicGroup& group,
                                   const OffsetKey& key, const CommittedOffset& offset) const;

    GroupConfig config_;
    Random& random_;
    GroupImage image_;
    bool is_loaded_ = false;
    std::map<std::string, ClassicGroup> groups_;
    Timers<TimerKey> timers_;
    std::map<AppendId, std::variant<StoringAssignment, StoringStaticMember>> storing_;
    AppendId next_append_ = 1;
    std::string clean_up_from_;  // the group at which an unfinished cleanup goes on
};

}  // namespace gregor::coordinator
