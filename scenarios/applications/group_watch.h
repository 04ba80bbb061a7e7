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

    /// Of all partitions, with those that have none. False, and nothing in the history, if nobody
    /// answers in time, or perhaps a coordinator that has been replaced.
    bool look_at(const std::string& group);
    /// At those only that no transaction may yet change (KIP-447).
    bool look_at_stable(const std::string& group);

private:
    enum class Which : std::uint8_t { all, stable };
    bool look(const std::string& group, Which which);

    const ApplicationContext& context_;
    client::Cluster cluster_;
    admin::GroupAdmin admin_;
};

}  // namespace gregor::scenarios::applications
