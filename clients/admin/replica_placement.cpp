#include "clients/admin/replica_placement.h"

#include <algorithm>
#include <map>

#include "sim/base/check.h"

namespace gregor::admin {
namespace {

/// Those of one rack as far from each other as can be: the first of each rack, the second …
std::vector<PlacementBroker> alternate_racks(std::vector<PlacementBroker> brokers) {
    std::ranges::sort(brokers, {}, &PlacementBroker::id);
    std::map<std::string, std::size_t> seen;
    std::vector<std::pair<std::size_t, PlacementBroker>> ranked;
    for (PlacementBroker& broker : brokers) {
        const std::size_t rank = broker.rack.empty() ? 0 : seen[broker.rack]++;
        ranked.emplace_back(rank, std::move(broker));
    }
    std::ranges::stable_sort(ranked, {}, [](const auto& each) { return each.first; });
    std::vector<PlacementBroker> alternated;
    for (auto& [rank, broker] : ranked) alternated.push_back(std::move(broker));
    return alternated;
}

/// From `leader` on, `shift` places apart from it at first.
Replicas place_one(const std::vector<PlacementBroker>& brokers, std::size_t leader,
                   std::size_t shift, std::size_t replication_factor) {
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0; i + 1 < brokers.size(); ++i) {
        const std::size_t distance = 1 + (shift + i) % (brokers.size() - 1);
        candidates.push_back((leader + distance) % brokers.size());
    }
    std::vector<std::size_t> chosen{leader};
    const auto shares_rack = [&](std::size_t candidate) {
        return std::ranges::any_of(chosen, [&](std::size_t other) {
            return !brokers[candidate].rack.empty() &&
                   brokers[candidate].rack == brokers[other].rack;
        });
    };
    // Other racks first, then whoever is left.
    for (const bool any_rack : {false, true}) {
        for (const std::size_t candidate : candidates) {
            if (chosen.size() == replication_factor) break;
            if (std::ranges::find(chosen, candidate) != chosen.end()) continue;
            if (any_rack || !shares_rack(candidate)) chosen.push_back(candidate);
        }
    }
    Replicas replicas;
    for (const std::size_t place : chosen) replicas.push_back(brokers[place].id);
    return replicas;
}

}  // namespace

std::vector<Replicas> place_replicas(std::vector<PlacementBroker> brokers, std::size_t partitions,
                                     std::size_t replication_factor, Random& random) {
    CHECK(replication_factor > 0 && replication_factor <= brokers.size());
    brokers = alternate_racks(std::move(brokers));
    const std::size_t start = random.below(brokers.size());
    std::size_t shift = random.below(brokers.size());
    std::vector<Replicas> placed;
    for (std::size_t partition = 0; partition < partitions; ++partition) {
        if (partition > 0 && partition % brokers.size() == 0) ++shift;
        placed.push_back(
            place_one(brokers, (start + partition) % brokers.size(), shift, replication_factor));
    }
    return placed;
}

}  // namespace gregor::admin
