// MemberDriver: carries what Membership wants to ask to the coordinator, and the answers back. As
// the leader of a generation it runs the assignor.
#pragma once

#include "clients/consumer/consumer_state.h"

namespace gregor::consumer {

class MemberDriver {
public:
    explicit MemberDriver(ConsumerState& state) : state_(state) {}

    /// Until cancelled.
    void run();

private:
    void act(const WaitUntil& wait);
    void act(const SendJoin& join);
    void act(const RunAssignor& run);
    void act(const LearnAssignment& learn);
    void act(const SendSync& sync);
    void act(const SendHeartbeat& heartbeat);
    void act(const SendConsumerHeartbeat& heartbeat);
    void act(const SendLeave& leave);
    [[nodiscard]] std::map<protocol::TopicId, std::string> names_of(
        const protocol::ConsumerGroupHeartbeatResponse& answer);

    template <class Response, class Request>
    [[nodiscard]] Result<Response, client::Error> ask(const Request& request, Duration timeout);
    void unanswered();

    ConsumerState& state_;
};

/// Tells the coordinator that a member is gone, in one try.
void send_leave(CoordinatorLink& coordinator, CoordinatorLink::Channel channel,
                const GroupLeave& request, Instant deadline);

}  // namespace gregor::consumer
