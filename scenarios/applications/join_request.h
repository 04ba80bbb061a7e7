// The JoinGroup of a classic member that speaks to its coordinator by itself, without a consumer.
#pragma once

#include <string>

#include "broker/protocol/messages/group_membership.h"
#include "scenarios/applications/group_settings.h"

namespace gregor::scenarios::applications {

/// Subscribed to t0, with the group's own timeouts and assignors.
[[nodiscard]] protocol::JoinGroupRequest join_request(const GroupSettings& group,
                                                      std::string member_id);

}  // namespace gregor::scenarios::applications
