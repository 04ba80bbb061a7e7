// SimNetwork: TCP-like streams between named nodes.
//
// Fault model.
//  - What was written arrives in order and without gaps, or the connection dies. It arrives late:
//    each link and direction has a base latency and a jitter of its own, now and then a very slow
//    delivery. Loss is felt as TCP shows it: as a delay, then a burst.
//  - A write may arrive in two parts, cut at any byte, with any time between them.
//  - The sender blocks when `window_bytes` are on their way or unread.
//  - A blocked link (partition, either way) delivers nothing; when it opens again within the TCP
//    timeout everything arrives, else the sender's side dies with connection_reset.
//  - A killed process closes its connections (end_of_stream at the peer; connection_reset when it
//    left something unread). A machine without power says nothing: its peers notice when they send
//    after it is back, or by timeout.
//  - A reset kills both sides at once. Half-open kills one, and whatever that one does, the other
//    is told nothing: it finds out by the reset that its next write brings back, or by timeouts of
//    its own.
//  - Connections to a node that does not listen are refused; to one that is not there they time
//    out.
//  - A bit flips on the way, which TCP's checksum misses once in a long while: anywhere in the
//    stream, or only where the world says (`BitFlips::where`). A program must notice what its
//    protocol guards; what nothing guards may be believed, and who draws such flips excuses what
//    comes of them.
//  - Never: duplication or reordering inside one connection. Over several connections every order
//    is possible.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/digest.h"
#include "sim/base/random.h"
#include "sim/runtime/network.h"
#include "sim/runtime/scheduler.h"
#include "sim/runtime/sync.h"
#include "sim/simulated/fault.h"

namespace gregor::simulated {

/// How the network behaves without any fault; drawn per run.
struct NetworkModel {
    Duration latency_min = 50us;
    Duration latency_max = 500us;
    Duration jitter_mean = 50us;
    Chance slow_delivery{1'000};
    Duration slow_delivery_mean = 20ms;
    /// A write arrives in two parts.
    Chance split{20'000};
    std::size_t window_bytes = 256 * 1024;
    Duration tcp_timeout = 15s;
    Duration connect_timeout = 10s;
};

struct ByteRange {
    std::size_t begin = 0;
    std::size_t end = 0;
};

/// What a world says of bit flips.
struct BitFlips {
    /// Where in these bytes, of one write, a bit may flip; what has no such place passes unharmed.
    /// Not set: anywhere.
    std::function<std::vector<ByteRange>(ByteSpan sent)> where;
    /// Called at each flip, with a line for the trace.
    std::function<void(std::string_view line)> on_flip;
};

class SimConnection;
class SimListener;
struct ConnectionState;
class Pipe;

/// The network of the whole world.
class NetworkFabric {
public:
    NetworkFabric(Scheduler& scheduler, std::uint64_t seed, NetworkModel model,
                  FaultCounters& counters, RunningDigest* digest);
    ~NetworkFabric();

    // Nodes come and go. --------------------------------------------------------------------------
    void attach(const std::string& host);
    /// The process died: the kernel closes what it had open.
    void process_died(const std::string& host);
    /// The machine lost power: nobody says anything.
    void power_lost(const std::string& host);

    // Faults; an empty `to` means every peer. -----------------------------------------------------
    void block(const std::string& from, const std::string& to, Instant until);
    void clog(const std::string& from, const std::string& to, Instant until);
    /// Returns how many connections were hit; `one_side_only`: only the ends on `a` die.
    std::size_t reset(const std::string& a, const std::string& b, bool one_side_only);
    std::size_t freeze(const std::string& from, const std::string& to, Instant until);
    /// The same of so many of the streams, drawn by `random`.
    std::size_t freeze_some(const std::string& from, const std::string& to, Instant until,
                            std::size_t count, Random& random);
    /// So many bits flip in what is sent next, each in a write of its own.
    void flip_bits(const std::string& from, const std::string& to, std::int64_t count);
    /// How many bits have flipped on this link.
    [[nodiscard]] std::size_t flipped(const std::string& from, const std::string& to) const;
    void set_bit_flips(BitFlips bit_flips) { bit_flips_ = std::move(bit_flips); }
    void refuse_connects(const std::string& host, Instant until);
    void slow_accepts(const std::string& host, Instant until);
    void heal();

    [[nodiscard]] std::size_t live_connections() const { return connections_.size(); }

private:
    friend class SimNetwork;
    friend class SimConnection;
    friend class SimListener;
    friend struct ConnectionState;
    friend class Pipe;

    struct Link {
        Random random{0};
        Duration latency{};
        Instant blocked_until{};
        Instant clogged_until{};
        std::int64_t flips_left = 0;
        std::size_t flipped = 0;
    };
    struct Host {
        bool powered = true;
        std::map<std::uint16_t, SimListener*> listeners;
        Instant refusing_until{};
        Instant slow_accept_until{};
        std::uint16_t next_port = 40'000;
    };

    Link& link(const std::string& from, const std::string& to);
    Host& host(const std::string& name);
    template <class F>
    void for_links(const std::string& from, const std::string& to, F&& action);
    [[nodiscard]] Duration draw_latency(Link& link);
    void kick(const std::string& from, const std::string& to);
    /// Those that are open, in the order of their connections.
    [[nodiscard]] std::vector<Pipe*> streams(const std::string& from, const std::string& to) const;
    void forget(const ConnectionState* connection);

    Scheduler& scheduler_;
    std::uint64_t seed_;
    NetworkModel model_;
    FaultCounters& counters_;
    RunningDigest* digest_;
    BitFlips bit_flips_;
    std::map<std::string, Host, std::less<>> hosts_;
    std::map<std::pair<std::string, std::string>, Link> links_;
    std::vector<std::weak_ptr<ConnectionState>> connections_;  // in the order of their birth
};

/// The network as one process sees it.
class SimNetwork final : public Network {
public:
    SimNetwork(NetworkFabric& fabric, std::string host) : fabric_(fabric), host_(std::move(host)) {}

    Result<std::unique_ptr<Listener>, IoError> listen(const Endpoint& endpoint) override;
    Result<std::unique_ptr<Connection>, IoError> connect(const Endpoint& endpoint,
                                                         Instant deadline) override;
    /// The process is dead.
    void sever() { severed_ = true; }

private:
    NetworkFabric& fabric_;
    std::string host_;
    bool severed_ = false;
};

}  // namespace gregor::simulated
