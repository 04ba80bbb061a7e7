#include "scenarios/cluster/livelock_watch.h"

#include <algorithm>

namespace gregor::scenarios::cluster {
namespace {

// Of 640 runs none had more than one election of a controller, three of one partition's leader and
// seven truncations.
constexpr std::uint64_t kElections = 10;
constexpr std::uint64_t kTruncations = 10;  // and two of each replica

}  // namespace

LivelockWatch::LivelockWatch(simulated::World& world, Judge& judge, Nodes& nodes)
    : judge_(judge), nodes_(nodes) {
    world.watch("metadata_leader_elected", [this] {
        if (has_begun_) ++counts_.controller_elections;
    });
    world.watch("replica_truncated", [this] {
        if (has_begun_) ++counts_.truncations;
    });
}

void LivelockWatch::begin() {
    has_begun_ = true;
    image_published();
}

void LivelockWatch::image_published() {
    if (!has_begun_) return;
    nodes_.look_at_images();
    if (nodes_.image() == nullptr) return;
    replicas_ = 0;
    for (const auto& [id, topic] : nodes_.image()->topics()) {
        for (const auto& [index, state] : topic->partitions) {
            replicas_ += state.replicas.size();
            const auto [first, is_first] =
                first_epochs_.try_emplace({id, index}, state.leader_epoch);
            const auto since =
                static_cast<std::uint64_t>(state.leader_epoch.value() - first->second.value());
            counts_.partition_elections = std::max(counts_.partition_elections, since);
        }
    }
}

void LivelockWatch::judge() {
    hold_against("elections of a controller", counts_.controller_elections, kElections);
    hold_against("elections of one partition's leader", counts_.partition_elections, kElections);
    hold_against("truncations", counts_.truncations, 2 * replicas_ + kTruncations);
}

void LivelockWatch::hold_against(std::string_view what, std::uint64_t count, std::uint64_t bound) {
    judge_.compared();
    if (count <= bound) return;
    judge_.violated("V8", "{} {} since the faults healed", count, what);
}

}  // namespace gregor::scenarios::cluster
