#include "broker/controller/replica_placement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sim/base/check.h"
#include "sim/base/planted.h"

namespace gregor::controller {
namespace {

using protocol::NodeId;

void shuffle(Replicas& brokers, Random& random) {
    for (std::size_t left = brokers.size(); left > 1; --left) {
        std::swap(brokers[left - 1], brokers[random.below(left)]);
    }
}

/// Brokers in a shuffled circle. Each stripe that takes from it begins one further on.
struct Ring {
    Replicas brokers;
    std::size_t offset = 0;
    std::size_t taken = 0;  // by the present stripe

    std::optional<NodeId> take() {
        if (taken == brokers.size()) return std::nullopt;
        return brokers[(offset + taken++) % brokers.size()];
    }

    void end_stripe() {
        if (taken > 0) offset = (offset + 1) % brokers.size();
        taken = 0;
    }
};

struct Rack {
    Ring active;
    Ring fenced;

    /// Fenced brokers when all active ones are taken.
    std::optional<NodeId> take() {
        const auto broker = active.take();
        return broker ? broker : fenced.take();
    }
};

class Racks {
public:
    Racks(const std::vector<UsableBroker>& brokers, Random& random) : random_(random) {
        std::map<std::string, std::size_t> index;
        for (const UsableBroker& broker : brokers) {
            const auto [it, is_new] =
                index.try_emplace(broker.rack.value_or(std::string()), racks_.size());
            if (is_new) racks_.emplace_back();
            Rack& rack = racks_[it->second];
            (broker.fenced ? rack.fenced : rack.active).brokers.push_back(broker.id);
            if (!broker.fenced) ++active_;
        }
        shuffle_all();
        first_rack_ = random.below(racks_.size());
    }

    Replicas place(std::size_t replication_factor) {
        // Every stripe has been given once: others may follow.
        if (stripes_ == active_ && active_ > 1) {
            shuffle_all();
            stripes_ = 0;
        }
        const Replicas replicas = stripe(replication_factor);
        for (Rack& rack : racks_) {
            rack.active.end_stripe();
            rack.fenced.end_stripe();
        }
        ++stripes_;
        first_rack_ = (first_rack_ + 1) % racks_.size();
        return replicas;
    }

private:
    void shuffle_all() {
        for (Rack& rack : racks_) {
            shuffle(rack.active.brokers, random_);
            shuffle(rack.fenced.brokers, random_);
        }
    }

    /// The leader is active; the others come from one rack after the other, that of the leader
    /// last.
    Replicas stripe(std::size_t replication_factor) {
        std::size_t rack = first_rack_;
        std::optional<NodeId> broker;
        while (!(broker = racks_[rack].active.take())) rack = (rack + 1) % racks_.size();
        Replicas replicas{*broker};
        for (std::size_t without = 0; replicas.size() < replication_factor;) {
            const bool stays = without == 0 && PLANTED(placement_in_one_rack);
            if (!stays) rack = (rack + 1) % racks_.size();
            broker = racks_[rack].take();
            without = broker ? 0 : without + 1;
            CHECK(without < racks_.size(), "no broker is left");
            if (broker) replicas.push_back(*broker);
        }
        return replicas;
    }

    Random& random_;
    std::vector<Rack> racks_;
    std::size_t active_ = 0;
    std::size_t stripes_ = 0;
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
        placed.push_back(racks.place(wanted));
        CHECK(placed.back().size() == wanted);
    }
    return placed;
}

}  // namespace gregor::controller
