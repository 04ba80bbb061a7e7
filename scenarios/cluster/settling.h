// What the administrators of a run share: how long they wait for an answer, and how they come to
// rest once the faults are over.
//
//     faults | a call that nobody answered may still be done | look, ask once more | look … |
//     settled
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "clients/client/cluster.h"
#include "scenarios/clients/workload.h"

namespace gregor::scenarios::cluster {

/// Of a call with all its tries, and of one of them.
inline constexpr Duration kAdminCallTimeout = 6s;
inline constexpr Duration kAdminTryTimeout = 2s;
/// Between two looks at what is left to do.
inline constexpr Duration kAdminLook = 500ms;

[[nodiscard]] client::ClusterOptions admin_options(std::vector<Endpoint> servers,
                                                   std::string client_id);

/// Waits until nothing that `client` has asked for is on its way any more, and then until
/// `what_is_left` says so by an empty text; each call of it is a step towards that.
void settle(clients::Workload& workload, Runtime& runtime, const std::string& client,
            const std::function<std::string()>& what_is_left);

}  // namespace gregor::scenarios::cluster
