#include "broker/controller/replica_placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/base/check.h"

namespace gregor::controller {
namespace {

using protocol::NodeId;
using Replicas = std::vector<NodeId>;

/// Brokers of one rack in a shuffled circle, and where the next stripe goes on.
struct Ring {
    Replicas brokers;
    std::size_t next = 0;

    /// The next broker that is not in `taken`.
    std::optional<NodeId> take(const Replicas& taken) {
        for (std::size_t tried = 0; tried < brokers.size(); ++tried) {
            const NodeId broker = brokers[next];
            next = (next + 1) % brokers.size();
            if (std::ranges::find(taken, broker) == taken.end()) return broker;
        }
        return std::nullopt;
    }
};

void shuffle(Replicas& brokers, Random& random) {
    for (std::size_t left = brokers.size(); left > 1; --left) {
        std::swap(brokers[left - 1], brokers[random.below(left)]);
    }
}

class Racks {
public:
    Racks(const std::vector<UsableBroker>& brokers, Random& random) {
        std::map<std::string, std::size_t> index;
        for (const UsableBroker& broker : brokers) {
            const std::string rack = broker.rack.value_or(std::string());
            const auto [it, is_new] = index.try_emplace(rack, active_.size());
            if (is_new) {
                active_.emplace_back();
                fenced_.emplace_back();
            }
            (broker.fenced ? fenced_ : active_)[it->second].brokers.push_back(broker.id);
        }
        for (Ring& ring : active_) shuffle(ring.brokers, random);
        for (Ring& ring : fenced_) shuffle(ring.brokers, random);
        first_rack_ = random.below(active_.size());
    }

    Replicas place(std::int16_t replication_factor) {
        Replicas replicas;
        fill(active_, replicas, replication_factor);
        fill(fenced_, replicas, replication_factor);
        first_rack_ = (first_rack_ + 1) % active_.size();
        return replicas;
    }

private:
    /// One broker of each rack in turn, until there are enough or no rack has another.
    void fill(std::vector<Ring>& rings, Replicas& replicas, std::int16_t replication_factor) {
        const auto wanted = static_cast<std::size_t>(replication_factor);
        std::size_t without = 0;
        for (std::size_t i = first_rack_; replicas.size() < wanted && without < rings.size(); ++i) {
            const auto broker = rings[i % rings.size()].take(replicas);
            without = broker ? 0 : without + 1;
            if (broker) replicas.push_back(*broker);
        }
    }

    std::vector<Ring> active_;
    std::vector<Ring> fenced_;
    std::size_t first_rack_ = 0;
};

}  // namespace

Result<std::vector<Replicas>, std::string> place_replicas(const PlacementSpec& spec,
                                                          const std::vector<UsableBroker>& brokers,
                                                          Random& random) {
    CHECK(spec.partitions >= 0);
    CHECK(spec.replication_factor > 0);
    const auto wanted = static_cast<std::size_t>(spec.replication_factor);
    if (std::ranges::all_of(brokers, &UsableBroker::fenced)) {
        return fail(std::string("All brokers are currently fenced."));
    }
    if (wanted > brokers.size()) {
        return fail(
            fmt::format("The target replication factor of {} cannot be reached because only "
                        "{} broker(s) are registered.",
                        spec.replication_factor, brokers.size()));
    }
    Racks racks(brokers, random);
    std::vector<Replicas> placed;
    placed.reserve(static_cast<std::size_t>(spec.partitions));
    for (std::int32_t i = 0; i < spec.partitions; ++i) {
        placed.push_back(racks.place(spec.replication_factor));
        CHECK(placed.back().size() == wanted);
    }
    return placed;
}

}  // namespace gregor::controller
