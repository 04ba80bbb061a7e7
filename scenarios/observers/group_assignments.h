// GroupAssignments: one assignment of a group says one thing (G6). Whoever has it, and whoever goes
// on for a static member under another id (G8), is told the same until the next one is made:
//
//     classic group      in one generation, while it is stable
//     consumer group     the target assignment of one assignment epoch (KIP-848)
//
// Held against each other are two looks at one coordinator with the same members; a static member
// is the one of its group.instance.id.
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "scenarios/observers/acting_coordinators.h"

namespace gregor::scenarios {

class GroupAssignments {
public:
    explicit GroupAssignments(Judge& judge) : judge_(judge) {}

    /// Of all coordinators that are looked at together: begin(), then look_at() each.
    void begin() { before_ = std::exchange(seen_, {}); }
    void look_at(const Shard& shard, const coordinator::GroupCoordinator& coordinator);

private:
    enum class Protocol : std::uint8_t { classic, consumer };
    using Key = std::tuple<Shard, std::string, Protocol>;
    struct Assignment {
        std::int32_t epoch = 0;  // or generation
        std::map<std::string, Bytes> of_classic;
        std::map<std::string, coordinator::TopicPartitions> of_consumers;
    };

    template <class Parts>
    void compare(const Key& key, std::int32_t epoch, const Parts& before, const Parts& now);

    Judge& judge_;
    std::map<Key, Assignment> seen_;
    std::map<Key, Assignment> before_;
};

}  // namespace gregor::scenarios
