// The commands of the controller's scripts. Each says what was answered and which partitions
// changed by it.
//
//     elr                         before the first broker: the cluster has eligible leader replicas
//     broker 1 2 3                register and are unfenced
//     fence 1                     is not heard of any more
//     return 1 [unclean]          registers anew and is unfenced
//     beat 1 [stop]               a heartbeat, perhaps one that wants to shut down
//     dir-failed 1 0              a log directory of broker 1
//     unregister 1
//     topic a 1,2,3 [key=value …] a topic of one partition
//     set a key=value             a setting of the topic
//     isr a 1,2                   what its leader asks for
//     reassign a 4,5 | cancel
//     elect a preferred | unclean
//     feature NAME LEVEL
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/controller/controller_world.h"

namespace gregor::controller::test {

class ControllerCommands {
public:
    /// What is to be said about it, a line each.
    std::vector<std::string> run(const std::string& line);

private:
    using Words = std::vector<std::string>;

    /// The answer, or nothing if only the changes are of interest.
    std::string execute(const Words& words);
    std::string come_back(const Words& words);
    std::string create_topic(const Words& words);
    std::string reassign(const Words& words);
    std::string elect(const Words& words);
    std::string set_feature(const Words& words);
    std::string set_config(const Words& words);

    [[nodiscard]] std::vector<std::string> changes_since(
        const metadata::MetadataImage& before) const;
    ControllerWorld& world();

    bool elr_ = false;
    std::uint8_t incarnation_ = 1;
    std::unique_ptr<ControllerWorld> world_;
};

}  // namespace gregor::controller::test
