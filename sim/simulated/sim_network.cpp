#include "sim/simulated/sim_network.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "sim/base/check.h"
#include "sim/simulated/world_sleep.h"

namespace gregor::simulated {

/// One direction of a connection: what is on its way, then what has arrived and was not read.
class Pipe final : private Timer {
public:
    Pipe(NetworkFabric& fabric, ConnectionState& connection, std::string from, std::string to)
        : fabric_(fabric),
          connection_(connection),
          from_(std::move(from)),
          to_(std::move(to)),
          link_(fabric.link(from_, to_)),
          readers_(fabric.scheduler_),
          writers_(fabric.scheduler_) {}
    ~Pipe() override { fabric_.scheduler_.disarm(*this); }

    [[nodiscard]] const std::string& from() const { return from_; }
    [[nodiscard]] const std::string& to() const { return to_; }
    [[nodiscard]] std::size_t room() const {
        const std::size_t window = fabric_.model_.window_bytes;
        return buffered_ >= window ? 0 : window - buffered_;
    }

    void send(Bytes bytes);
    void send_end();
    Result<void, IoError> read(ByteBuffer& into, std::size_t min, std::size_t max,
                               Instant deadline);
    Result<void, IoError> wait_for_room(Instant deadline);

    /// The link opened, or its clog was lifted.
    void kick();
    void freeze(Instant until) { frozen_until_ = until; }
    /// The sender's side learns that it is over.
    void fail_sender(IoError error);
    /// The receiver's side learns that it is over.
    void fail_receiver(IoError error);
    void stop_reading() { reader_gone_ = true; }
    void lose_in_flight();
    /// Who waits for room may send on, and learns by it.
    void discard_unread();
    [[nodiscard]] bool has_unread() const { return !received_.empty(); }

private:
    struct Segment {
        Bytes bytes;  // empty: the end of the stream
        Instant arrives{};
        Instant sent{};
    };

    void fire() override;
    /// Moves up to `max` bytes of what has arrived; returns how many.
    std::size_t take(ByteBuffer& into, std::size_t max);
    void enqueue(Bytes bytes, Duration extra);
    [[nodiscard]] Bytes with_flipped_bit(const Bytes& bytes);
    void arm_for_next();

    NetworkFabric& fabric_;
    ConnectionState& connection_;
    std::string from_;
    std::string to_;
    NetworkFabric::Link& link_;
    std::deque<Segment> flight_;
    std::deque<Bytes> received_;
    std::size_t first_used_ = 0;  // of received_.front()
    std::size_t available_ = 0;
    std::size_t buffered_ = 0;  // on the way and unread
    Instant last_arrival_{};
    Instant frozen_until_{};
    bool ended_ = false;
    bool reader_gone_ = false;
    std::optional<IoError> sender_error_;
    std::optional<IoError> receiver_error_;
    WaitQueue readers_;
    WaitQueue writers_;
};

/// Both directions; side 0 connected, side 1 accepted.
struct ConnectionState : std::enable_shared_from_this<ConnectionState> {
    ConnectionState(NetworkFabric& net, Endpoint client, Endpoint server)
        : fabric(net),
          ends{std::move(client), std::move(server)},
          pipes{Pipe(net, *this, ends[0].host, ends[1].host),
                Pipe(net, *this, ends[1].host, ends[0].host)} {}
    ~ConnectionState() { fabric.forget(this); }

    Pipe& outgoing(int side) { return pipes[static_cast<std::size_t>(side)]; }
    Pipe& incoming(int side) { return pipes[static_cast<std::size_t>(1 - side)]; }

    void close(int side) {
        if (closed[side]) return;
        closed[side] = true;
        incoming(side).stop_reading();
        incoming(side).fail_receiver(IoError::closed);
        outgoing(side).fail_sender(IoError::closed);
        if (silent[side]) return;
        if (incoming(side).has_unread()) {
            fail_side(1 - side);
        } else {
            outgoing(side).send_end();
        }
    }
    /// `side` sees connection_reset from now on, and the other nothing, whatever `side` does: not
    /// that it closes and not that its process dies. What the other sends is answered by a reset.
    void die_silently(int side) {
        silent[side] = true;
        incoming(side).stop_reading();
        incoming(side).discard_unread();
        fail_side(side);
    }
    /// `side` sees connection_reset from now on.
    void fail_side(int side) {
        outgoing(side).fail_sender(IoError::connection_reset);
        incoming(side).fail_receiver(IoError::connection_reset);
    }
    [[nodiscard]] int side_of(const std::string& host) const {
        return ends[0].host == host ? 0 : 1;
    }

    NetworkFabric& fabric;
    std::array<Endpoint, 2> ends;
    std::array<Pipe, 2> pipes;
    std::array<bool, 2> closed{};
    std::array<bool, 2> silent{};  // half-open: this side is dead, which nobody tells the other
    std::array<bool, 2> gone{};    // the machine lost power with this side open
};

void Pipe::send(Bytes bytes) {
    if (link_.flips_left > 0) [[unlikely]]
        bytes = with_flipped_bit(bytes);
    if (fabric_.digest_ != nullptr) fabric_.digest_->add(bytes.digest());
    Random& random = link_.random;
    const Instant now = fabric_.scheduler_.now();
    const bool frozen = now < frozen_until_;
    if (bytes.size() > 1 && (frozen || random.happens(fabric_.model_.split))) {
        const auto cut = static_cast<std::size_t>(1 + random.below(bytes.size() - 1));
        enqueue(bytes.slice(0, cut), Duration::zero());
        const Duration gap = frozen ? frozen_until_ - now : random.exponential(2ms);
        if (frozen) {
            fabric_.counters_.fired(FaultKind::freeze_in_frame);
            frozen_until_ = {};
        }
        enqueue(bytes.suffix(cut), gap);
        return;
    }
    enqueue(std::move(bytes), Duration::zero());
}

Bytes Pipe::with_flipped_bit(const Bytes& bytes) {
    std::vector<ByteRange> places{{0, bytes.size()}};
    if (fabric_.bit_flips_.where) places = fabric_.bit_flips_.where(bytes.span());
    std::size_t total = 0;
    for (const ByteRange& place : places) total += place.end - place.begin;
    if (total == 0) return bytes;
    auto position = static_cast<std::size_t>(link_.random.below(total));
    const auto bit = static_cast<unsigned>(link_.random.below(8));
    for (const ByteRange& place : places) {
        if (position < place.end - place.begin) {
            position += place.begin;
            break;
        }
        position -= place.end - place.begin;
    }
    std::vector<std::uint8_t> copy(bytes.span().begin(), bytes.span().end());
    copy[position] ^= static_cast<std::uint8_t>(1U << bit);
    --link_.flips_left;
    ++link_.flipped;
    fabric_.counters_.fired(FaultKind::bit_flip);
    if (fabric_.bit_flips_.on_flip) {
        fabric_.bit_flips_.on_flip(fmt::format("from={} to={} position={} bit={} bytes={}", from_,
                                               to_, position, bit, bytes.size()));
    }
    return Bytes::copy_of(copy);
}

void Pipe::send_end() { enqueue({}, Duration::zero()); }

void Pipe::enqueue(Bytes bytes, Duration extra) {
    const Instant now = fabric_.scheduler_.now();
    Instant arrives = now + fabric_.draw_latency(link_) + extra;
    arrives = std::max(arrives, last_arrival_);
    if (now < link_.clogged_until) arrives = std::max(arrives, link_.clogged_until);
    last_arrival_ = arrives;
    buffered_ += bytes.size();
    flight_.push_back({std::move(bytes), arrives, now});
    arm_for_next();
}

void Pipe::arm_for_next() {
    if (armed() || flight_.empty()) return;
    fabric_.scheduler_.arm(*this, flight_.front().arrives);
}

void Pipe::fire() {
    const Instant now = fabric_.scheduler_.now();
    if (now < link_.blocked_until) {
        const Instant dead = flight_.front().sent + fabric_.model_.tcp_timeout;
        if (now >= dead) {
            flight_.clear();
            const auto keep = connection_.shared_from_this();
            connection_.fail_side(connection_.side_of(from_));
            return;
        }
        fabric_.scheduler_.arm(*this, std::min(link_.blocked_until, dead));
        return;
    }
    bool came = false;
    while (!flight_.empty() && flight_.front().arrives <= now) {
        Bytes bytes = std::move(flight_.front().bytes);
        flight_.pop_front();
        const int receiver = connection_.side_of(to_);
        if (connection_.gone[receiver] || (reader_gone_ && !bytes.empty())) {
            // Nobody there: a reset comes back, unless the machine is still without power.
            if (fabric_.host(to_).powered) connection_.fail_side(1 - receiver);
            continue;
        }
        came = true;
        if (bytes.empty()) {
            ended_ = true;
        } else {
            available_ += bytes.size();
            received_.push_back(std::move(bytes));
        }
    }
    if (came) readers_.notify_one();
    arm_for_next();
}

Result<void, IoError> Pipe::read(ByteBuffer& into, std::size_t min, std::size_t max,
                                 Instant deadline) {
    CHECK(min <= max);
    // What has come is taken at once: `min` may be more than the window holds.
    std::size_t taken = 0;
    for (;;) {
        if (receiver_error_) return fail(*receiver_error_);
        taken += take(into, max - taken);
        if (taken >= min) return {};
        if (ended_) return fail(IoError::end_of_stream);
        if (!readers_.wait(deadline)) return fail(IoError::timed_out);
    }
}

std::size_t Pipe::take(ByteBuffer& into, std::size_t max) {
    const std::size_t taken = std::min(max, available_);
    std::size_t wanted = taken;
    while (wanted > 0) {
        Bytes& front = received_.front();
        const std::size_t part = std::min(wanted, front.size() - first_used_);
        into.append(front.span().subspan(first_used_, part));
        first_used_ += part;
        wanted -= part;
        available_ -= part;
        buffered_ -= part;
        if (first_used_ == front.size()) {
            received_.pop_front();
            first_used_ = 0;
        }
    }
    if (taken > 0) writers_.notify_one();
    return taken;
}

Result<void, IoError> Pipe::wait_for_room(Instant deadline) {
    while (room() == 0 && !sender_error_) {
        if (!writers_.wait(deadline)) return fail(IoError::timed_out);
    }
    if (sender_error_) return fail(*sender_error_);
    return {};
}

void Pipe::kick() {
    if (flight_.empty()) return;
    const Instant now = fabric_.scheduler_.now();
    fabric_.scheduler_.disarm(*this);
    Instant arrives = now + fabric_.draw_latency(link_);
    for (Segment& segment : flight_) {  // the burst after the stall
        segment.arrives = std::max(segment.sent, arrives);
        arrives = segment.arrives;
    }
    last_arrival_ = arrives;
    arm_for_next();
}

void Pipe::fail_sender(IoError error) {
    if (!sender_error_) sender_error_ = error;
    writers_.notify_all();
}

void Pipe::fail_receiver(IoError error) {
    if (!receiver_error_) receiver_error_ = error;
    readers_.notify_all();
}

void Pipe::lose_in_flight() {
    flight_.clear();
    fabric_.scheduler_.disarm(*this);
}

void Pipe::discard_unread() {
    buffered_ -= available_;
    available_ = 0;
    first_used_ = 0;
    received_.clear();
    writers_.notify_all();
}

/// One side of a connection.
class SimConnection final : public Connection {
public:
    SimConnection(std::shared_ptr<ConnectionState> state, int side)
        : state_(std::move(state)), side_(side) {}
    ~SimConnection() override { close(); }

    Result<void, IoError> read(ByteBuffer& into, std::size_t min, std::size_t max,
                               Instant deadline) override {
        const auto keep = state_;
        return state_->incoming(side_).read(into, min, max, deadline);
    }

    Result<void, IoError> write(std::span<const Piece> pieces, Instant deadline) override {
        const auto keep = state_;
        Pipe& pipe = state_->outgoing(side_);
        for (const Piece& piece : pieces) {
            if (const auto* bytes = std::get_if<Bytes>(&piece)) {
                TRY(write_bytes(pipe, *bytes, deadline));
            } else {
                TRY(write_slice(pipe, std::get<FileSlice>(piece), deadline));
            }
        }
        return {};
    }

    void close() override { state_->close(side_); }

    Endpoint peer() const override { return state_->ends[static_cast<std::size_t>(1 - side_)]; }
    Endpoint local() const override { return state_->ends[static_cast<std::size_t>(side_)]; }

private:
    static Result<void, IoError> write_bytes(Pipe& pipe, const Bytes& bytes, Instant deadline) {
        std::size_t done = 0;
        while (done < bytes.size()) {
            TRY(pipe.wait_for_room(deadline));
            const std::size_t part = std::min(pipe.room(), bytes.size() - done);
            pipe.send(bytes.slice(done, part));
            done += part;
        }
        return {};
    }

    /// Reads the file only as there is room: what was truncated meanwhile is missed here.
    Result<void, IoError> write_slice(Pipe& pipe, const FileSlice& slice, Instant deadline) {
        std::size_t done = 0;
        while (done < slice.size) {
            TRY(pipe.wait_for_room(deadline));
            const std::size_t part = std::min<std::size_t>(pipe.room(), slice.size - done);
            auto bytes = slice.file->read(slice.position + done, part);
            if (!bytes || bytes->size() < part) {
                close();
                return fail(bytes ? IoError::end_of_stream : bytes.error());
            }
            TRY(pipe.wait_for_room(deadline));
            pipe.send(*std::move(bytes));
            done += part;
        }
        return {};
    }

    std::shared_ptr<ConnectionState> state_;
    int side_;
};

class SimListener final : public Listener {
public:
    SimListener(NetworkFabric& fabric, Endpoint local)
        : fabric_(fabric), local_(std::move(local)), waiters_(fabric.scheduler_) {}
    ~SimListener() override { close(); }

    Result<std::unique_ptr<Connection>, IoError> accept() override {
        while (backlog_.empty() && !closed_) waiters_.wait();
        if (closed_) return fail(IoError::closed);
        const Instant slow_until = fabric_.host(local_.host).slow_accept_until;
        if (fabric_.scheduler_.now() < slow_until) {
            fabric_.counters_.fired(FaultKind::slow_accept);
            sleep_until_world_time(fabric_.scheduler_, slow_until);
            if (closed_) return fail(IoError::closed);
        }
        auto connection = std::move(backlog_.front());
        backlog_.pop_front();
        return connection;
    }

    Endpoint local() const override { return local_; }

    void close() override {
        if (closed_) return;
        closed_ = true;
        fabric_.host(local_.host).listeners.erase(local_.port);
        backlog_.clear();
        waiters_.notify_all();
    }

    /// False when the backlog is full.
    bool offer(std::unique_ptr<Connection> connection) {
        constexpr std::size_t kBacklog = 128;
        if (closed_ || backlog_.size() >= kBacklog) return false;
        backlog_.push_back(std::move(connection));
        waiters_.notify_one();
        return true;
    }

private:
    NetworkFabric& fabric_;
    Endpoint local_;
    std::deque<std::unique_ptr<Connection>> backlog_;
    WaitQueue waiters_;
    bool closed_ = false;
};

// One process's view. -----------------------------------------------------------------------------

Result<std::unique_ptr<Listener>, IoError> SimNetwork::listen(const Endpoint& endpoint) {
    if (severed_) throw Cancelled{};
    auto& host = fabric_.host(host_);
    std::uint16_t port = endpoint.port;
    if (port == 0) {
        do port = host.next_port++;
        while (host.listeners.contains(port));
    }
    if (host.listeners.contains(port)) return fail(IoError::address_in_use);
    auto listener = std::make_unique<SimListener>(fabric_, Endpoint{host_, port});
    host.listeners[port] = listener.get();
    return listener;
}

Result<std::unique_ptr<Connection>, IoError> SimNetwork::connect(const Endpoint& endpoint,
                                                                 Instant deadline) {
    if (severed_) throw Cancelled{};
    Scheduler& scheduler = fabric_.scheduler_;
    const auto target = fabric_.hosts_.find(endpoint.host);
    if (target == fabric_.hosts_.end()) return fail(IoError::unknown_host);
    auto& there = fabric_.link(host_, endpoint.host);
    auto& back = fabric_.link(endpoint.host, host_);
    const Instant gives_up = scheduler.now() + fabric_.model_.connect_timeout;
    const Instant limit = std::min(gives_up, scheduler.world_deadline(deadline));
    for (Duration retry = 1s;; retry *= 2) {
        const Duration out = fabric_.draw_latency(there);
        const Duration home = fabric_.draw_latency(back);
        const Instant answered =
            std::max({scheduler.now() + out + home, there.clogged_until, back.clogged_until});
        const bool lost = scheduler.now() < there.blocked_until ||
                          scheduler.now() < back.blocked_until || !target->second.powered;
        if (!lost && answered <= limit) {
            sleep_until_world_time(scheduler, answered);
            break;
        }
        const Instant again = std::min(limit, scheduler.now() + retry);
        sleep_until_world_time(scheduler, again);
        if (scheduler.now() >= limit) return fail(IoError::timed_out);
    }
    const bool refusing = scheduler.now() < target->second.refusing_until;
    if (refusing) fabric_.counters_.fired(FaultKind::connect_refused);
    const auto listener = target->second.listeners.find(endpoint.port);
    if (refusing || listener == target->second.listeners.end()) {
        return fail(IoError::connection_refused);
    }
    auto& own = fabric_.host(host_);
    auto state =
        std::make_shared<ConnectionState>(fabric_, Endpoint{host_, own.next_port++}, endpoint);
    fabric_.connections_.push_back(state);
    if (!listener->second->offer(std::make_unique<SimConnection>(state, 1))) {
        return fail(IoError::connection_refused);
    }
    return std::make_unique<SimConnection>(std::move(state), 0);
}

// The fabric. -------------------------------------------------------------------------------------

NetworkFabric::NetworkFabric(Scheduler& scheduler, std::uint64_t seed, NetworkModel model,
                             FaultCounters& counters, RunningDigest* digest)
    : scheduler_(scheduler), seed_(seed), model_(model), counters_(counters), digest_(digest) {}

NetworkFabric::~NetworkFabric() = default;

void NetworkFabric::attach(const std::string& name) { hosts_[name].powered = true; }

NetworkFabric::Host& NetworkFabric::host(const std::string& name) {
    const auto it = hosts_.find(name);
    CHECK(it != hosts_.end(), "no host {}", name);
    return it->second;
}

NetworkFabric::Link& NetworkFabric::link(const std::string& from, const std::string& to) {
    const auto [it, is_new] = links_.try_emplace({from, to});
    if (is_new) {
        const Digest id = digest_of(as_bytes(from + ">" + to));
        it->second.random = Random::stream(seed_, "link", id.low);
        it->second.random.set_witness(digest_);
        it->second.latency = it->second.random.between(model_.latency_min, model_.latency_max);
    }
    return it->second;
}

Duration NetworkFabric::draw_latency(Link& link) {
    Duration latency = link.latency + link.random.exponential(model_.jitter_mean);
    if (link.random.happens(model_.slow_delivery)) {
        latency += link.random.exponential(model_.slow_delivery_mean);
    }
    return latency;
}

template <class F>
void NetworkFabric::for_links(const std::string& from, const std::string& to, F&& action) {
    for (const auto& [name, host] : hosts_) {
        if (name != from && (to.empty() || name == to)) action(from, name);
    }
}

void NetworkFabric::block(const std::string& from, const std::string& to, Instant until) {
    for_links(from, to, [&](const std::string& a, const std::string& b) {
        Link& blocked = link(a, b);
        blocked.blocked_until = std::max(blocked.blocked_until, until);
        scheduler_.call_at(until, [this, a, b] {
            if (scheduler_.now() >= link(a, b).blocked_until) kick(a, b);
        });
    });
}

void NetworkFabric::clog(const std::string& from, const std::string& to, Instant until) {
    for_links(from, to, [&](const std::string& a, const std::string& b) {
        Link& clogged = link(a, b);
        clogged.clogged_until = std::max(clogged.clogged_until, until);
    });
}

void NetworkFabric::kick(const std::string& from, const std::string& to) {
    const auto connections = connections_;
    for (const auto& weak : connections) {
        if (const auto connection = weak.lock()) {
            for (Pipe& pipe : connection->pipes) {
                if (pipe.from() == from && pipe.to() == to) pipe.kick();
            }
        }
    }
}

std::size_t NetworkFabric::reset(const std::string& a, const std::string& b, bool one_side_only) {
    std::size_t hit = 0;
    const auto connections = connections_;
    for (const auto& weak : connections) {
        const auto connection = weak.lock();
        if (connection == nullptr) continue;
        const auto& [first, second] = connection->ends;
        const bool there = first.host == a && (b.empty() || second.host == b);
        const bool back = second.host == a && (b.empty() || first.host == b);
        if (!there && !back) continue;
        ++hit;
        const int side = connection->side_of(a);
        if (one_side_only) {
            connection->die_silently(side);
        } else {
            connection->incoming(side).stop_reading();
            connection->fail_side(side);
            connection->fail_side(1 - side);
        }
    }
    return hit;
}

std::vector<Pipe*> NetworkFabric::streams(const std::string& from, const std::string& to) const {
    std::vector<Pipe*> all;
    for (const auto& weak : connections_) {
        const auto connection = weak.lock();
        if (connection == nullptr) continue;
        for (Pipe& pipe : connection->pipes) {
            if (pipe.from() == from && (to.empty() || pipe.to() == to)) all.push_back(&pipe);
        }
    }
    return all;
}

std::size_t NetworkFabric::freeze(const std::string& from, const std::string& to, Instant until) {
    const std::vector<Pipe*> all = streams(from, to);
    for (Pipe* const pipe : all) pipe->freeze(until);
    return all.size();
}

std::size_t NetworkFabric::freeze_some(const std::string& from, const std::string& to,
                                       Instant until, std::size_t count, Random& random) {
    std::vector<Pipe*> left = streams(from, to);
    const std::size_t hit = std::min(count, left.size());
    for (std::size_t i = 0; i < hit; ++i) {
        const auto place = static_cast<std::ptrdiff_t>(random.below(left.size()));
        left[static_cast<std::size_t>(place)]->freeze(until);
        left.erase(left.begin() + place);
    }
    return hit;
}

void NetworkFabric::flip_bits(const std::string& from, const std::string& to, std::int64_t count) {
    for_links(from, to,
              [&](const std::string& a, const std::string& b) { link(a, b).flips_left += count; });
}

std::size_t NetworkFabric::flipped(const std::string& from, const std::string& to) const {
    const auto it = links_.find({from, to});
    return it == links_.end() ? 0 : it->second.flipped;
}

void NetworkFabric::refuse_connects(const std::string& name, Instant until) {
    host(name).refusing_until = std::max(host(name).refusing_until, until);
}

void NetworkFabric::slow_accepts(const std::string& name, Instant until) {
    host(name).slow_accept_until = std::max(host(name).slow_accept_until, until);
}

void NetworkFabric::heal() {
    for (auto& [name, host] : hosts_) {
        host.refusing_until = {};
        host.slow_accept_until = {};
    }
    for (auto& [ends, link] : links_) {
        link.blocked_until = {};
        link.clogged_until = {};
        link.flips_left = 0;
        kick(ends.first, ends.second);
    }
}

void NetworkFabric::process_died(const std::string& name) {
    const auto connections = connections_;
    for (const auto& weak : connections) {
        const auto connection = weak.lock();
        if (connection == nullptr) continue;
        for (int side = 0; side < 2; ++side) {
            if (connection->ends[static_cast<std::size_t>(side)].host == name) {
                connection->close(side);
            }
        }
    }
}

void NetworkFabric::power_lost(const std::string& name) {
    host(name).powered = false;
    const auto connections = connections_;
    for (const auto& weak : connections) {
        const auto connection = weak.lock();
        if (connection == nullptr) continue;
        for (int side = 0; side < 2; ++side) {
            if (connection->ends[static_cast<std::size_t>(side)].host != name) continue;
            connection->gone[static_cast<std::size_t>(side)] = true;
            connection->closed[static_cast<std::size_t>(side)] = true;  // it says no goodbye
            connection->outgoing(side).lose_in_flight();
            connection->outgoing(side).fail_sender(IoError::closed);
            connection->incoming(side).fail_receiver(IoError::closed);
        }
    }
}

void NetworkFabric::forget(const ConnectionState* connection) {
    (void)connection;
    std::erase_if(connections_, [](const auto& weak) { return weak.expired(); });
}

}  // namespace gregor::simulated
