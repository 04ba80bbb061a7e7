// GroupTimers: holds a coordinator of groups to what it has to wait for with a deadline. A timer
// that is missing shows only when somebody dies, so it is asked for while all goes well:
//
//     V6   a coordinator would wait for ever, or for longer than was agreed
//
//     classic group      each member's session, unless it waits for an answer
//                        an id that was given out and not used yet
//                        all who are to join, or to ask for their assignment
//     consumer group     each member's session
//                        what a member has yet to give up (KIP-848), from when it was first told
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "scenarios/observers/acting_coordinators.h"

namespace gregor::scenarios {

class GroupTimers {
public:
    explicit GroupTimers(Judge& judge) : judge_(judge) {}

    /// Of all coordinators that are looked at together: begin(), then look_at() each.
    void begin() { owed_before_ = std::exchange(owed_, {}); }
    /// `now_ms` is of the node's clock; `image` is the cluster as the node knows it.
    void look_at(const Shard& shard, std::int64_t now_ms,
                 const coordinator::GroupCoordinator& coordinator,
                 const metadata::MetadataImage& image);

private:
    using Coordinator = coordinator::GroupCoordinator;
    using Kind = Coordinator::TimerKind;
    struct Looking {
        const Shard& shard;
        std::int64_t now_ms = 0;
        const Coordinator& coordinator;
        const metadata::MetadataImage& image;
    };
    /// One who has yet to give something up, and what it has.
    using Owing =
        std::tuple<Shard, std::string, std::string, std::int32_t, coordinator::TopicPartitions>;

    void look_at(const Looking& at, const coordinator::ClassicGroup& group);
    void look_at(const Looking& at, const std::string& group_id,
                 const coordinator::ConsumerGroup& group);
    void look_at_revocation(const Looking& at, const std::string& group_id,
                            const coordinator::ConsumerMember& member);
    /// Of what is owed.
    struct Deadline {
        std::int64_t first_ms = 0;  // as it was seen first
        bool is_later = false;      // now
    };
    /// The deadline, if there is one.
    std::optional<std::int64_t> expect(const Looking& at, Kind kind, const std::string& group_id,
                                       const std::string& member_id, std::int64_t within_ms);
    [[nodiscard]] std::int64_t longest(Kind kind, const std::string& group_id,
                                       std::int64_t within_ms);

    Judge& judge_;
    /// Of each group: what was agreed with somebody who may have gone since, or a setting that was
    /// changed.
    std::map<std::pair<Kind, std::string>, std::int64_t> longest_;
    std::map<Owing, Deadline> owed_;
    std::map<Owing, Deadline> owed_before_;
};

}  // namespace gregor::scenarios
