// The commands of the quorum's scripts: each does something to a RaftCluster and gives the lines of
// what followed.
//
//     cluster voters=1,2,3 observers=9 spares=4 seed=1 [static] [manual-sync]
//     start [N …]            run MS (deliver all)    wait MS (deliver nothing)   deliver   drop
//     cut A B   isolate N   heal         stop N   power-loss N      append N VALUE …   flush N
//     resign N   snapshot N   trim N     add-voter LEADER N   remove-voter LEADER N   describe N
//     state   log N   messages on|off    endpoint N HOST
//     vote N candidate=5 epoch=3 last=7@2 [pre] [cluster=x] [voter=1] [directory=1]
//     fetch N replica=5 epoch=3 at=7@2 [cluster=x]    fetch-snapshot N epoch=3 id=7@2 position=0
//     begin N leader=5 epoch=3     end N leader=5 epoch=3     update-voter N voter=2 epoch=3
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/support/raft_cluster.h"

namespace gregor::raft::test {

class RaftCommands {
public:
    /// What the command line led to, a line each. An unknown command says so.
    [[nodiscard]] std::vector<std::string> run(const std::string& line);

private:
    struct Line;

    void make_cluster(const Line& line);
    void move(const Line& line);
    void work(const Line& line);
    void ask(const Line& line);
    void show_state();
    void show_log(int node);

    std::unique_ptr<RaftCluster> cluster_;
    bool is_known_ = false;
};

}  // namespace gregor::raft::test
