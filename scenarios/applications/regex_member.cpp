#include "scenarios/applications/regex_member.h"

#include "broker/protocol/messages/consumer_groups.h"
#include "clients/client/coordinator_link.h"

namespace gregor::scenarios::applications {
namespace {

using client::CoordinatorLink;
using protocol::ErrorCode;

constexpr Duration kTimeout = 2s;
constexpr Duration kRest = 200ms;
/// Of topics with a history all match, and no others do.
constexpr const char* kRegex = "t.*";

class RegexMember {
public:
    RegexMember(const ApplicationContext& context, Process& process, RegexMemberState& state)
        : context_(context),
          process_(process),
          state_(state),
          member_id_(fmt::format("{}-{:016x}", kRegexGroup, process.runtime.random().next())),
          cluster_(process.runtime, {.bootstrap_servers = context.workload.brokers,
                                     .client_id = kRegexGroup,
                                     .request_timeout = kTimeout}),
          coordinator_(cluster_, kRegexGroup, kRegexGroup, kTimeout) {}
    ~RegexMember() { state_.is_there = false; }
    RegexMember(const RegexMember&) = delete;
    RegexMember& operator=(const RegexMember&) = delete;

    void run() {
        state_.partitions = 0;
        state_.is_there = true;
        while (!process_.is_stopping) {
            if (context_.workload.topics_made) beat();
            state_.wanted = context_.partitions().size();
            process_.runtime.clock().sleep_for(kRest);
        }
    }

private:
    void beat() {
        constexpr std::int32_t kRebalanceTimeoutMs = 10'000;
        if (epoch_ == 0) owned_.clear();
        // It says everything each time, and is told everything: an answer may be lost. What it is
        // given is its own at once, and it gives up what it is not.
        const protocol::ConsumerGroupHeartbeatRequest request{
            .group_id = kRegexGroup,
            .member_id = member_id_,
            .member_epoch = epoch_,
            .rebalance_timeout_ms = kRebalanceTimeoutMs,
            .subscribed_topic_regex = kRegex,
            .topic_partitions = owned_};
        const auto answer = coordinator_.call<protocol::ConsumerGroupHeartbeatResponse>(
            CoordinatorLink::Channel::membership, request,
            deadline_after(process_.runtime.clock().now(), kTimeout));
        if (!answer) return;
        coordinator_.note(answer->error_code);
        if (answer->error_code == ErrorCode::none) return take(*answer);
        const bool is_out = answer->error_code == ErrorCode::unknown_member_id ||
                            answer->error_code == ErrorCode::fenced_member_epoch ||
                            answer->error_code == ErrorCode::group_id_not_found;
        if (is_out) epoch_ = 0;
    }

    void take(const protocol::ConsumerGroupHeartbeatResponse& answer) {
        if (epoch_ == 0) ++state_.joined;
        epoch_ = answer.member_epoch;
        if (!answer.assignment) return;
        owned_.clear();
        state_.partitions = 0;
        for (const auto& topic : answer.assignment->topic_partitions) {
            owned_.push_back({.topic_id = topic.topic_id, .partitions = topic.partitions});
            state_.partitions += topic.partitions.size();
        }
    }

    const ApplicationContext& context_;
    Process& process_;
    RegexMemberState& state_;
    const std::string member_id_;
    client::Cluster cluster_;
    CoordinatorLink coordinator_;
    std::int32_t epoch_ = 0;
    std::vector<protocol::ConsumerGroupHeartbeatRequest::TopicPartition> owned_;
};

}  // namespace

void run_regex_member(const ApplicationContext& context, Process& process,
                      RegexMemberState& state) {
    RegexMember(context, process, state).run();
}

std::string what_regex_member_lacks(const RegexMemberState& state) {
    if (!state.is_there || state.partitions == state.wanted) return "";
    return fmt::format("{} has {} of {} partitions; ", kRegexGroup, state.partitions, state.wanted);
}

}  // namespace gregor::scenarios::applications
