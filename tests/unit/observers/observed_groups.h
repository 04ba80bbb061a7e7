// A coordinator of groups without a broker, and who looks at it.
#pragma once

#include <string>

#include "scenarios/observers/acting_coordinators.h"
#include "tests/support/group_world.h"

namespace gregor::testing {

inline const std::string kGroup = "g";
inline constexpr std::int32_t kSessionMs = 10'000;
inline constexpr std::int32_t kRebalanceMs = 30'000;

class ObservedGroups {
public:
    ObservedGroups();

    /// A static member `instance` joins, of the classic protocol; the id that it is given, or
    /// nothing while it is not answered. With a `member_id` it subscribes to more.
    std::string join_classic(const std::string& instance, const std::string& member_id = "");
    /// It leads the group, and assigns itself this.
    void sync_classic(const std::string& member_id, const std::string& instance,
                      std::string_view assignment = "all");
    /// What a member of the consumer protocol is told its epoch is.
    std::int32_t beat(const std::string& member_id, std::int32_t epoch,
                      const std::optional<std::string>& instance = {},
                      const std::optional<coordinator::TopicPartitions>& owned = {});
    [[nodiscard]] coordinator::TopicPartitions assigned(const std::string& member_id) const;

    [[nodiscard]] GroupWorld& operator*() { return world_; }
    [[nodiscard]] GroupWorld* operator->() { return &world_; }
    /// Another one from each failover on.
    [[nodiscard]] scenarios::Shard shard() const { return shard_; }
    void fail_over();

    /// The id of what was violated, or nothing.
    [[nodiscard]] std::string violated() const;
    [[nodiscard]] scenarios::Judge& judge() { return judge_; }

private:
    template <class Response, class Request>
    Response ask(Request request);

    GroupWorld world_;
    scenarios::Shard shard_{};
    scenarios::Judge judge_;
};

}  // namespace gregor::testing
