// Cluster: what goes wrong.
#include <algorithm>

#include "tests/property/isr/cluster.h"

namespace gregor::isr_test {

void Cluster::do_harm() {
    switch (random_.below(6)) {
        case 0: return lose_message(pick());
        case 1: return lose_alter();
        case 2: {
            controller_.elect_another(random_);
            ++coverage_.elections;
            return publish();
        }
        case 3: return crash(pick());
        case 4: {
            controller_.fence(pick().id);
            return publish();
        }
        default: return restart(pick([](const Replica& r) { return !r.running; }));
    }
}

void Cluster::lose_message(Replica& replica) {
    replica.request.reset();
    replica.response.reset();
}

/// On its way, or its answer on the way back: the sender hears that there was none.
void Cluster::lose_alter() {
    if (!alters_.empty()) random_.pick(alters_).answer = fail(ErrorCode::request_timed_out);
}

void Cluster::crash(Replica& replica) {
    if (!replica.running) return;
    replica.running = false;
    replica.images.clear();
    replica.request.reset();
    replica.response.reset();
    replica.cut.reset();
    std::erase_if(alters_, [&](const Alter& alter) { return alter.from == replica.id; });
    std::erase_if(appends_, [&](const Append& append) { return append.leader == replica.id; });
    replica.lost_data = may_lose_data(replica) && random_.below(2) == 0;
    if (!replica.lost_data) return;
    ++coverage_.lossy_crashes;
    const std::int64_t kept =
        random_.between(replica.log.synced().value(), replica.log.end().value());
    replica.log.lose_from(Offset(kept));
}

/// KIP-966: at any time fewer than min.insync.replicas are down with a loss that the controller
/// does not know of, and somebody else who may be elected still has all that was committed.
bool Cluster::may_lose_data(const Replica& loser) const {
    const auto lost = std::count_if(replicas_.begin(), replicas_.end(),
                                    [](const Replica& each) { return each.lost_data; });
    if (lost + 1 >= setup_.min_isr) return false;
    for (const NodeId id : controller_.electable()) {
        const Replica& other = replicas_[static_cast<std::size_t>(id.value())];
        if (id != loser.id && !other.lost_data) return true;
    }
    return false;
}

void Cluster::restart(Replica& replica) {
    if (replica.running) return;
    replica.broker_epoch = controller_.register_broker(replica.id, replica.lost_data);
    // The high watermark was checkpointed some time before.
    const Offset end = replica.log.end();
    const std::int64_t most = std::min(replica.state.marks().high_watermark, end).value();
    const LogMarks marks{.high_watermark = Offset(random_.between(std::int64_t{0}, most)),
                         .log_end_offset = end};
    replica.state = Partition(replica.id, marks, replica.state.settings());
    replica.before = replica.state.stamp();
    replica.running = true;
    replica.lost_data = false;
    publish();
}

}  // namespace gregor::isr_test
