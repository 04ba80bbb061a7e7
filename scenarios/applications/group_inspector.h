// GroupInspector: asks of a group that is stable, and stays so, what administrators ask
// (ListGroups, DescribeGroups, ConsumerGroupDescribe, DeleteGroups), and holds the answers against
// what the group's members know of themselves.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "clients/admin/group_admin.h"
#include "scenarios/applications/application.h"
#include "scenarios/applications/member.h"

namespace gregor::scenarios::applications {

class GroupInspector {
public:
    GroupInspector(const ApplicationContext& context, Runtime& runtime);

    /// Asks once. "": all is as `members` know it.
    [[nodiscard]] std::string what_is_wrong(const std::string& group,
                                            const std::vector<const MemberSlot*>& members);

private:
    /// By member id.
    using Assignments = std::map<std::string, std::set<client::TopicPartition>>;
    struct Description {
        std::string type;
        std::string state;
        Assignments assignments;
    };

    [[nodiscard]] Result<Description, client::Error> describe(const std::string& group);
    [[nodiscard]] std::string what_list_lacks(const std::string& group,
                                              const Description& description);

    client::Cluster cluster_;
    admin::GroupAdmin admin_;
};

}  // namespace gregor::scenarios::applications
