// GroupWatch: asks for a group's committed offsets from outside, as an administrator does.
#pragma once

#include <string>
#include <vector>

#include "clients/admin/group_admin.h"
#include "scenarios/applications/application.h"

namespace gregor::scenarios::applications {

class GroupWatch {
public:
    GroupWatch(const ApplicationContext& context, Runtime& runtime, const std::string& client_id);

    /// Of all partitions. False, and nothing in the history, if nobody answers in time, or perhaps
    /// a coordinator that has been replaced.
    bool look_at(const std::string& group);

private:
    const ApplicationContext& context_;
    client::Cluster cluster_;
    admin::GroupAdmin admin_;
};

}  // namespace gregor::scenarios::applications
