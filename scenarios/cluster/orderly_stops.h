// OrderlyStops: a broker that stops in order has handed over what it led before it goes (controlled
// shutdown), so that nobody waits for a session to run out. Of plans in which nothing else happens.
//
//     stop asked | the controller moves its leaderships | it may go | the process ends | away …
//                                                                       V1 if it still leads here
#pragma once

#include <map>

#include "scenarios/cluster/nodes.h"
#include "scenarios/judge.h"
#include "sim/simulated/plan.h"

namespace gregor::scenarios::cluster {

class OrderlyStops {
public:
    OrderlyStops(const simulated::Plan& plan, Judge& judge, Nodes& nodes);

    /// Now and then: what nodes have not told each other between two looks is late.
    void look();

private:
    void look_at(const ClusterNode& node);

    Judge& judge_;
    Nodes& nodes_;
    bool is_judged_;
    std::map<std::int32_t, int> looks_away_;  // in a row, by node
};

}  // namespace gregor::scenarios::cluster
