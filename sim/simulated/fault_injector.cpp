#include "sim/simulated/fault_injector.h"

#include <algorithm>

#include "sim/base/check.h"

namespace gregor::simulated {
namespace {

/// A crash that finds its machine down is tried again after this.
constexpr Duration kCrashRetry = 250ms;

}  // namespace

FaultInjector::FaultInjector(World& world, Observer* observer)
    : world_(world), observer_(observer), random_(world.stream("faults")) {}

void FaultInjector::arm(const std::vector<Fault>& faults) {
    for (const Fault& fault : faults) {
        if (fault.cue && fault.at == Duration::zero()) {
            await_cue(fault);
        } else {
            world_.scheduler().call_at(world_.now() + fault.at, [this, fault] {
                fault.cue ? await_cue(fault) : inject(fault);
            });
        }
    }
}

void FaultInjector::await_cue(const Fault& fault) {
    Cue cue = *fault.cue;
    if (cue.node != kAnyone) cue.node = who_is(cue.node);
    if (cue.node.empty()) return;
    world_.at_cue_of(cue, [this, fault](const std::string& teller) {
        Fault told = fault;
        if (told.node == kTeller) told.node = teller;
        if (told.peer == kTeller) told.peer = teller;
        inject(told);
    });
}

std::string FaultInjector::who_is(const std::string& name) {
    return observer_ == nullptr || name.empty() ? name : observer_->who_is(name);
}

void FaultInjector::inject(const Fault& named) {
    if (healed_) return;
    Fault fault = named;
    fault.node = who_is(named.node);
    fault.peer = who_is(named.peer);
    if (fault.node.empty() || !world_.machine(fault.node).running()) {
        // A crash waits for a process; anything else has nothing to happen to.
        const bool is_crash = fault.kind == FaultKind::kill || fault.kind == FaultKind::power_loss;
        if (is_crash) {
            world_.scheduler().call_at(world_.now() + kCrashRetry,
                                       [this, named] { inject(named); });
        }
        return;
    }
    // Two roles that one machine has, or one that nobody has.
    if (fault.peer == fault.node || fault.peer.empty() != named.peer.empty()) return;
    Machine& machine = world_.machine(fault.node);
    world_.trace("fault_injected", to_string(fault));
    if (observer_ != nullptr) observer_->before(fault, machine);
    inject_node(fault, machine);
    inject_disk(fault, machine);
    inject_network(fault, machine);
    inject_clock(fault, machine);
    if (observer_ != nullptr) observer_->after(fault, machine);
}

void FaultInjector::start_after(Machine& machine, Duration duration) {
    world_.scheduler().call_at(world_.now() + duration, [&machine] { machine.start_again(); });
}

void FaultInjector::inject_node(const Fault& fault, Machine& machine) {
    const auto restart = [this, &machine, duration = fault.duration] {
        start_after(machine, duration);
    };
    switch (fault.kind) {
        case FaultKind::kill: machine.kill(restart); break;
        case FaultKind::power_loss: machine.lose_power(restart); break;
        case FaultKind::clean_restart: machine.stop(restart); break;
        case FaultKind::pause:
            machine.pause();
            world_.scheduler().call_at(world_.now() + fault.duration,
                                       [&machine] { machine.unpause(); });
            break;
        default: return;
    }
    world_.counters().fired(fault.kind);
}

void FaultInjector::inject_disk(const Fault& fault, Machine& machine) {
    DiskTrouble& trouble = machine.disk().trouble;
    // Counted by the disk when an operation meets it.
    const FileTrouble next{fault.path, std::max<std::int64_t>(fault.amount, 1), {}};
    const FileTrouble lasting{fault.path, 0, world_.now() + fault.duration};
    switch (fault.kind) {
        case FaultKind::disk_read_error: trouble.failing_reads = next; break;
        case FaultKind::disk_write_error: trouble.failing_writes = next; break;
        case FaultKind::disk_sync_error: trouble.failing_syncs = next; break;
        case FaultKind::disk_open_error: trouble.failing_opens = next; break;
        case FaultKind::disk_rename_error: trouble.failing_renames = next; break;
        case FaultKind::disk_misdirected_write: trouble.misdirected_writes = next; break;
        case FaultKind::disk_full: trouble.full = lasting; break;
        case FaultKind::disk_slow: trouble.slow = lasting; break;
        case FaultKind::disk_lying_sync: trouble.lying = lasting; break;
        case FaultKind::disk_bit_rot:
            if (flip_bit(fault, machine)) world_.counters().fired(fault.kind);
            break;
        default: break;
    }
}

bool FaultInjector::flip_bit(const Fault& fault, Machine& machine) {
    std::vector<std::pair<std::string, std::shared_ptr<FileNode>>> candidates;
    for (auto& file : machine.disk().store->files()) {
        if (file.first.find(fault.path) != std::string::npos && file.second->size() > 0) {
            candidates.push_back(std::move(file));
        }
    }
    if (candidates.empty()) return false;
    const auto& [path, file] = random_.pick(candidates);
    const std::uint64_t position = random_.below(file->size());
    const auto bit = static_cast<unsigned>(random_.below(8));
    file->flip_bit(position, bit);
    world_.trace("bit_rotted", fmt::format("path={} position={} bit={}", path, position, bit));
    return true;
}

void FaultInjector::inject_network(const Fault& fault, Machine& machine) {
    NetworkFabric& network = world_.network();
    const Instant until = world_.now() + fault.duration;
    switch (fault.kind) {
        case FaultKind::connection_reset:
            if (network.reset(fault.node, fault.peer, false) == 0) return;
            break;
        case FaultKind::half_open:
            if (network.reset(fault.node, fault.peer, true) == 0) return;
            break;
        case FaultKind::partition:
            network.block(fault.node, fault.peer, until);
            for (const auto& other : world_.machines()) {
                if (fault.peer.empty() || other->name() == fault.peer) {
                    if (other.get() != &machine) network.block(other->name(), fault.node, until);
                }
            }
            break;
        case FaultKind::one_way_partition: network.block(fault.node, fault.peer, until); break;
        case FaultKind::clog: network.clog(fault.node, fault.peer, until); break;
        case FaultKind::swizzle_clog: swizzle_clog(fault); break;
        case FaultKind::freeze_in_frame:  // counted when a frame is cut
            if (fault.amount > 0) {
                network.freeze_some(fault.node, fault.peer, until,
                                    static_cast<std::size_t>(fault.amount), random_);
            } else {
                network.freeze(fault.node, fault.peer, until);
            }
            return;
        case FaultKind::bit_flip:  // counted when a bit flips
            network.flip_bits(fault.node, fault.peer, std::max<std::int64_t>(fault.amount, 1));
            return;
        case FaultKind::connect_refused: network.refuse_connects(fault.node, until); return;
        case FaultKind::slow_accept: network.slow_accepts(fault.node, until); return;
        default: return;
    }
    world_.counters().fired(fault.kind);
}

void FaultInjector::swizzle_clog(const Fault& fault) {
    for (const auto& other : world_.machines()) {
        if (other->name() == fault.node) continue;
        const Instant from = world_.now() + random_.between(Duration::zero(), fault.duration);
        const Instant until = from + random_.between(Duration(1ms), fault.duration);
        world_.scheduler().call_at(from, [this, node = fault.node, peer = other->name(), until] {
            if (healed_) return;
            world_.network().clog(node, peer, until);
            world_.network().clog(peer, node, until);
        });
    }
}

void FaultInjector::inject_clock(const Fault& fault, Machine& machine) {
    switch (fault.kind) {
        case FaultKind::clock_step: machine.clock().step_wall(Duration(fault.amount)); break;
        case FaultKind::clock_drift: machine.clock().set_drift(fault.amount); break;
        default: return;
    }
    world_.counters().fired(fault.kind);
}

void FaultInjector::heal() {
    healed_ = true;
    world_.network().heal();
    for (const auto& machine : world_.machines()) {
        machine->disk().trouble = {};
        if (!machine->running()) {
            machine->start_again();
            continue;
        }
        machine->unpause();
        machine->clock().set_drift(0);
    }
}

}  // namespace gregor::simulated
