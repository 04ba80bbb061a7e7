#include "scenarios/applications/idler.h"

#include "broker/protocol/messages/group_membership.h"
#include "clients/client/coordinator_link.h"
#include "scenarios/applications/join_request.h"

namespace gregor::scenarios::applications {
namespace {

using client::CoordinatorLink;
using clients::Phase;
using protocol::ErrorCode;

class Idler {
public:
    Idler(const ApplicationContext& context, Process& process, const GroupSettings& group,
          const std::string& name, std::int64_t& joined)
        : context_(context),
          process_(process),
          group_(group),
          name_(name),
          joined_(joined),
          cluster_(process.runtime, {.bootstrap_servers = context.workload.brokers,
                                     .client_id = name,
                                     .request_timeout = 3s}),
          coordinator_(cluster_, group.name, name, /*request_timeout=*/3s) {}

    void run() {
        const Instant begin =
            now() + process_.runtime.random().between(Duration(4s), Duration(25s));
        while (now() < begin) {
            if (is_over()) return;
            process_.runtime.clock().sleep_for(200ms);
        }
        const Joined joined(joined_);
        while (!process_.is_stopping && !(join() && is_dropped())) {
            process_.runtime.clock().sleep_for(kRest);
        }
    }

private:
    static constexpr Duration kRest = 100ms;

    /// While it is a member or may be one.
    class Joined {
    public:
        explicit Joined(std::int64_t& count) : count_(count) { ++count_; }
        ~Joined() { --count_; }
        Joined(const Joined&) = delete;
        Joined& operator=(const Joined&) = delete;

    private:
        std::int64_t& count_;
    };

    [[nodiscard]] Instant now() { return process_.runtime.clock().now(); }
    [[nodiscard]] bool is_over() const {
        return process_.is_stopping || context_.workload.phase == Phase::finishing;
    }

    template <class Response, class Request>
    [[nodiscard]] ErrorCode ask(const Request& request, Duration timeout, Response& response) {
        auto answer = coordinator_.call<Response>(CoordinatorLink::Channel::membership, request,
                                                  deadline_after(now(), timeout));
        if (!answer) return answer.error().code;
        response = *std::move(answer);
        coordinator_.note(response.error_code);
        return response.error_code;
    }

    bool join() {
        const protocol::JoinGroupRequest request = join_request(group_, member_id_);
        protocol::JoinGroupResponse response;
        const ErrorCode error = ask(request, group_.max_poll_interval + 5s, response);
        if (error == ErrorCode::member_id_required) member_id_ = response.member_id;
        if (error == ErrorCode::unknown_member_id) member_id_.clear();
        if (error != ErrorCode::none) return false;
        member_id_ = response.member_id;
        generation_id_ = response.generation_id;
        return true;
    }

    /// Sends heartbeats until its group does not know it any more. False if its coordinator may
    /// have moved: who loads the group cannot tell that it has never asked for its assignment. It
    /// begins anew then, and its old self is silent.
    [[nodiscard]] bool is_dropped() {
        while (!process_.is_stopping) {
            const protocol::HeartbeatRequest request{
                .group_id = group_.name, .generation_id = generation_id_, .member_id = member_id_};
            protocol::HeartbeatResponse response;
            const ErrorCode error = ask(request, /*timeout=*/1s, response);
            const bool is_unknown =
                error == ErrorCode::unknown_member_id || error == ErrorCode::illegal_generation;
            if (is_unknown) return true;
            if (error != ErrorCode::none && error != ErrorCode::rebalance_in_progress) break;
            process_.runtime.clock().sleep_for(kRest);
        }
        member_id_.clear();
        return false;
    }

    const ApplicationContext& context_;
    Process& process_;
    const GroupSettings& group_;
    std::string name_;
    std::int64_t& joined_;
    client::Cluster cluster_;
    CoordinatorLink coordinator_;
    std::string member_id_;
    std::int32_t generation_id_ = -1;
};

}  // namespace

void run_idler(const ApplicationContext& context, Process& process, const GroupSettings& group,
               const std::string& name, std::int64_t& joined) {
    Idler(context, process, group, name, joined).run();
}

}  // namespace gregor::scenarios::applications
