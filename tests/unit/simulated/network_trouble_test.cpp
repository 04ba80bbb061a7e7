// What two machines see of their connection when the network between them is in trouble.
#include <bit>

#include "sim/runtime/sync.h"
#include "tests/support/catch.h"
#include "tests/support/function_program.h"

using namespace gregor;
using namespace gregor::simulated;

namespace {

struct Heard {
    std::string what;  // the bytes, or how the stream ended
    Instant at{};
};

/// A server that writes down what it hears, and a client that does as the test says.
class NetworkWorld {
public:
    using Body = std::function<void(Runtime&, Connection&)>;

    NetworkWorld() : world(1, model()) {
        world.add_machine("n1", {}).start(program([this](Runtime& runtime) { serve(runtime); }));
    }

    /// Runs `body` with a connection, for a minute.
    void run(Body body) {
        world.add_machine("c1", {}).start(program([this, body](Runtime& runtime) {
            runtime.clock().sleep_for(1s);
            auto connection = runtime.network().connect({"n1", 9092});
            if (!connection) {
                client.push_back({std::string(name(connection.error())), world.now()});
                return;
            }
            body(runtime, **connection);
            runtime.clock().sleep_for(600s);
        }));
        world.run_until(Instant(60s));
    }
    void at(Duration time, std::function<void()> action) {
        world.scheduler().call_at(Instant(time), std::move(action));
    }
    /// Reads until the stream ends, and writes down each piece.
    void listen_to(Connection& connection, std::vector<Heard>& heard) {
        for (;;) {
            ByteBuffer buffer;
            const auto result = connection.read(buffer, 1, 4096);
            if (!result) {
                heard.push_back({std::string(name(result.error())), world.now()});
                return;
            }
            heard.push_back({std::string(std::move(buffer).freeze().text()), world.now()});
        }
    }
    static std::string all(const std::vector<Heard>& heard) {
        std::string text;
        for (const Heard& each : heard) text += each.what + ";";
        return text;
    }

    std::vector<Heard> server;
    std::vector<Heard> client;
    /// The server closes its end when its stream ends.
    bool server_closes = false;
    bool server_reads = true;
    /// The server says "tick" each second besides listening.
    bool server_ticks = false;
    World world;  // its fibers end first

private:
    static WorldOptions model() {
        WorldOptions options;
        options.network.split = Chance{0};
        options.network.slow_delivery = Chance{0};
        return options;
    }

    void serve(Runtime& runtime) {
        auto listener = *runtime.network().listen({"n1", 9092});
        while (auto accepted = listener->accept()) {
            std::shared_ptr<Connection> connection = std::move(*accepted);
            runtime.tasks().spawn("listener", [this, &runtime, connection] {
                if (server_reads) listen_to(*connection, server);
                if (server_closes) connection->close();
                runtime.clock().sleep_for(600s);  // unless told so it keeps its end
            });
            if (!server_ticks) continue;
            runtime.tasks().spawn("ticker", [&runtime, connection] {
                while (connection->write(Bytes::copy_of("tick"))) runtime.clock().sleep_for(1s);
            });
        }
    }
};

}  // namespace

TEST_CASE("a reset is seen by both sides at once") {
    NetworkWorld net;
    net.at(5s, [&] { REQUIRE(net.world.network().reset("n1", "c1", false) == 1); });
    net.run([&](Runtime&, Connection& connection) { net.listen_to(connection, net.client); });
    REQUIRE(net.all(net.client) == "connection_reset;");
    REQUIRE(net.all(net.server) == "connection_reset;");
    REQUIRE(net.client.front().at == Instant(5s));
    REQUIRE(net.server.front().at == Instant(5s));
}

TEST_CASE("a half-open connection seems alive to the other side until it speaks") {
    NetworkWorld net;
    net.at(5s, [&] { REQUIRE(net.world.network().reset("n1", "c1", true) == 1); });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.tasks().spawn("speaker", [&] {
            runtime.clock().sleep_for(9s);
            (void)connection.write(Bytes::copy_of("hello?"));
        });
        net.listen_to(connection, net.client);
    });
    REQUIRE(net.all(net.server) == "connection_reset;");
    REQUIRE(net.server.front().at == Instant(5s));
    REQUIRE(net.all(net.client) == "connection_reset;");
    REQUIRE(net.client.front().at >= Instant(10s));
    REQUIRE(net.client.front().at < Instant(11s));
}

TEST_CASE("nothing that the dead side of a half-open connection does reaches the other side") {
    enum class Then { closes, is_killed, is_killed_and_starts_again };
    for (const Then then : {Then::closes, Then::is_killed, Then::is_killed_and_starts_again}) {
        NetworkWorld net;
        net.server_closes = then == Then::closes;
        Machine& server = net.world.machine("n1");
        net.at(5s, [&] { REQUIRE(net.world.network().reset("n1", "c1", true) == 1); });
        if (then != Then::closes) net.at(6s, [&] { server.kill(); });
        if (then == Then::is_killed_and_starts_again) net.at(7s, [&] { server.start_again(); });
        net.run([&](Runtime& runtime, Connection& connection) {
            runtime.tasks().spawn("speaker", [&] {
                runtime.clock().sleep_for(39s);
                (void)connection.write(Bytes::copy_of("hello?"));
            });
            net.listen_to(connection, net.client);
        });
        INFO(static_cast<int>(then));
        REQUIRE(net.all(net.client) == "connection_reset;");
        REQUIRE(net.client.front().at >= Instant(40s));
        REQUIRE(net.client.front().at < Instant(41s));
        REQUIRE(net.server.front().at == Instant(5s));
    }
}

TEST_CASE("a side that believes in a half-open connection ends it by its own timeout") {
    NetworkWorld net;
    net.server_closes = true;
    net.at(5s, [&] { net.world.network().reset("n1", "c1", true); });
    net.run([&](Runtime& runtime, Connection& connection) {
        ByteBuffer nothing;
        const auto result = connection.read(nothing, 1, 4096, runtime.clock().now() + 20s);
        REQUIRE(result.error() == IoError::timed_out);
        net.client.push_back({"gave up", net.world.now()});
        connection.close();
    });
    REQUIRE(net.all(net.client) == "gave up;");
    REQUIRE(net.client.front().at >= Instant(21s));
    REQUIRE(net.client.front().at < Instant(22s));
}

TEST_CASE("a writer that waits for room at the dead side of a half-open connection is reset") {
    NetworkWorld net;
    net.server_reads = false;
    net.at(5s, [&] { net.world.network().reset("n1", "c1", true); });
    net.run([&](Runtime&, Connection& connection) {
        while (connection.write(Bytes::copy_of(std::string(100'000, 'x')))) {
        }
        net.client.push_back({"cannot write", net.world.now()});
    });
    REQUIRE(net.all(net.client) == "cannot write;");
    REQUIRE(net.client.front().at >= Instant(5s));
    REQUIRE(net.client.front().at < Instant(6s));
}

TEST_CASE("what the dying side of a half-open connection had sent still arrives") {
    NetworkWorld net;
    net.server_closes = true;
    net.server_ticks = true;
    net.at(5s, [&] { net.world.network().reset("n1", "c1", true); });
    net.run([&](Runtime&, Connection& connection) { net.listen_to(connection, net.client); });
    REQUIRE(net.all(net.client) == "tick;tick;tick;tick;");
}

TEST_CASE("a one-way partition stops one direction, and the other goes on") {
    NetworkWorld net;
    net.server_ticks = true;
    net.at(2s, [&] { net.world.network().block("c1", "n1", Instant(8s)); });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.tasks().spawn("speaker", [&] {
            runtime.clock().sleep_for(3s);
            (void)connection.write(Bytes::copy_of("delayed"));
        });
        net.listen_to(connection, net.client);
    });
    REQUIRE(net.all(net.server) == "delayed;");
    REQUIRE(net.server.front().at >= Instant(8s));
    REQUIRE(net.server.front().at < Instant(9s));
    std::size_t during = 0;
    for (const Heard& tick : net.client) {
        if (tick.at > Instant(2s) && tick.at < Instant(8s)) ++during;
    }
    REQUIRE(during >= 5);
}

TEST_CASE("a one-way partition longer than the TCP timeout ends the sender's connection") {
    NetworkWorld net;
    net.at(2s, [&] { net.world.network().block("c1", "n1", Instant(50s)); });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.clock().sleep_for(2s);
        (void)connection.write(Bytes::copy_of("lost"));
        net.listen_to(connection, net.client);
    });
    REQUIRE(net.all(net.client) == "connection_reset;");
    REQUIRE(net.client.front().at >= Instant(18s));
    REQUIRE(net.client.front().at < Instant(19s));
    REQUIRE(net.all(net.server).find("lost") == std::string::npos);
}

TEST_CASE("what is sent into a clog arrives in order when it clears, what was under way arrives") {
    NetworkWorld net;
    net.at(2s, [&] { net.world.network().clog("c1", "n1", Instant(6s)); });
    net.run([&](Runtime& runtime, Connection& connection) {
        (void)connection.write(Bytes::copy_of("before"));
        runtime.clock().sleep_for(2s);
        (void)connection.write(Bytes::copy_of("one"));
        runtime.clock().sleep_for(1s);
        (void)connection.write(Bytes::copy_of("two"));
        runtime.clock().sleep_for(600s);
    });
    REQUIRE(net.server.size() >= 2);
    REQUIRE(net.server.front().what == "before");
    REQUIRE(net.server.front().at < Instant(2s));
    REQUIRE(net.server[1].at >= Instant(6s));
    std::string rest;
    for (std::size_t i = 1; i < net.server.size(); ++i) rest += net.server[i].what;
    REQUIRE(rest == "onetwo");
}

TEST_CASE("a stream frozen inside a frame gives the frame's first part now and the rest later") {
    NetworkWorld net;
    net.at(2s, [&] { REQUIRE(net.world.network().freeze("c1", "n1", Instant(7s)) == 1); });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.clock().sleep_for(2s);
        (void)connection.write(Bytes::copy_of("a frame of some length"));
        runtime.clock().sleep_for(600s);
    });
    REQUIRE(net.server.size() == 2);
    REQUIRE(net.server[0].at < Instant(4s));
    REQUIRE(net.server[1].at >= Instant(7s));
    REQUIRE(net.server[0].what + net.server[1].what == "a frame of some length");
    REQUIRE(net.world.counters().count(FaultKind::freeze_in_frame) == 1);
}

TEST_CASE("of several streams so many are frozen as are asked for") {
    NetworkWorld net;
    Random random(1);
    net.at(2s, [&] {
        auto& network = net.world.network();
        REQUIRE(network.freeze_some("c1", "n1", Instant(7s), 0, random) == 0);
        REQUIRE(network.freeze_some("c1", "n1", Instant(7s), 3, random) == 1);
        REQUIRE(network.freeze_some("c1", "n2", Instant(7s), 1, random) == 0);
    });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.clock().sleep_for(2s);
        (void)connection.write(Bytes::copy_of("a frame of some length"));
        runtime.clock().sleep_for(600s);
    });
    REQUIRE(net.server.size() == 2);
    REQUIRE(net.server[1].at >= Instant(7s));
}

namespace {

/// What the server hears of 20 numbered frames when bits flip; the listener reads as it comes.
std::string heard_with_flips(NetworkWorld& net, std::int64_t flips) {
    net.at(2s, [&, flips] { net.world.network().flip_bits("c1", "n1", flips); });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.clock().sleep_for(2s);
        for (int i = 0; i < 20; ++i) {
            (void)connection.write(Bytes::copy_of(fmt::format("[frame-{:02}]", i)));
        }
        runtime.clock().sleep_for(600s);
    });
    std::string heard;
    for (const Heard& each : net.server) heard += each.what;
    return heard;
}

std::string all_frames() {
    std::string frames;
    for (int i = 0; i < 20; ++i) frames += fmt::format("[frame-{:02}]", i);
    return frames;
}

/// The positions at which two texts of one length differ, if by one bit each.
std::vector<std::size_t> flipped_positions(std::string_view a, std::string_view b) {
    REQUIRE(a.size() == b.size());
    std::vector<std::size_t> positions;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (a[i] == b[i]) continue;
        REQUIRE(std::popcount(static_cast<unsigned char>(a[i] ^ b[i])) == 1);
        positions.push_back(i);
    }
    return positions;
}

}  // namespace

TEST_CASE("bits flip in the next writes of a link, one each, and nothing else changes") {
    NetworkWorld net;
    const std::string heard = heard_with_flips(net, 3);
    const auto positions = flipped_positions(heard, all_frames());
    REQUIRE(positions.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) REQUIRE(positions[i] / 10 == i);
    REQUIRE(net.world.network().flipped("c1", "n1") == 3);
    REQUIRE(net.world.network().flipped("n1", "c1") == 0);
    REQUIRE(net.world.counters().count(FaultKind::bit_flip) == 3);
}

TEST_CASE("bits flip only where the world says, and wait for a write that has such a place") {
    NetworkWorld net;
    // Frames 13 and 17: their two digits.
    net.world.network().set_bit_flips({.where = [](ByteSpan sent) {
        const std::string_view text(reinterpret_cast<const char*>(sent.data()), sent.size());
        const bool is_meant = text == "[frame-13]" || text == "[frame-17]";
        return is_meant ? std::vector<ByteRange>{{7, 8}, {8, 9}} : std::vector<ByteRange>{};
    }});
    const auto positions = flipped_positions(heard_with_flips(net, 5), all_frames());
    REQUIRE(positions.size() == 2);
    REQUIRE((positions[0] == 137 || positions[0] == 138));
    REQUIRE((positions[1] == 177 || positions[1] == 178));
}

TEST_CASE("healing takes back the flips that have not happened") {
    NetworkWorld net;
    net.at(2s + 1us, [&] { net.world.network().heal(); });
    net.at(2s, [&] { net.world.network().flip_bits("c1", "n1", 1); });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.clock().sleep_for(3s);
        (void)connection.write(Bytes::copy_of("hello"));
        runtime.clock().sleep_for(600s);
    });
    REQUIRE(net.all(net.server) == "hello;");
}

TEST_CASE("a slow accept keeps a connection waiting that its client believes open") {
    NetworkWorld net;
    Instant connected{};
    net.at(500ms, [&] { net.world.network().slow_accepts("n1", Instant(4s)); });
    net.run([&](Runtime& runtime, Connection& connection) {
        connected = net.world.now();
        (void)connection.write(Bytes::copy_of("hello"));
        runtime.clock().sleep_for(600s);
    });
    REQUIRE(connected < Instant(2s));
    REQUIRE(net.all(net.server) == "hello;");
    REQUIRE(net.server.front().at >= Instant(4s));
    REQUIRE(net.world.counters().count(FaultKind::slow_accept) == 1);
}

TEST_CASE("a refused connect is told so at once, and only while it lasts") {
    for (const Duration lasts : {Duration(500ms), Duration(5s)}) {
        NetworkWorld net;
        net.at(100ms, [&] { net.world.network().refuse_connects("n1", Instant(lasts)); });
        bool connected = false;
        net.run([&](Runtime&, Connection&) { connected = true; });
        REQUIRE(connected == (lasts < 1s));
        REQUIRE(net.all(net.client) == (connected ? "" : "connection_refused;"));
        if (!connected) REQUIRE(net.client.front().at < Instant(2s));
    }
}

TEST_CASE("a connect across a partition waits, and times out when the partition outlasts it") {
    for (const Duration lasts : {Duration(4s), Duration(50s)}) {
        NetworkWorld net;
        net.at(1ms, [&] { net.world.network().block("n1", "c1", Instant(lasts)); });
        Instant connected{};
        net.run([&](Runtime&, Connection&) { connected = net.world.now(); });
        if (lasts == 4s) {
            REQUIRE(connected >= Instant(4s));
            REQUIRE(net.client.empty());
        } else {
            REQUIRE(net.all(net.client) == "timed_out;");
            REQUIRE(net.client.front().at == Instant(11s));
        }
    }
}

TEST_CASE("healing opens links at once, whatever time they were to stay shut") {
    NetworkWorld net;
    net.at(2s, [&] {
        net.world.network().block("c1", "n1", Instant(600s));
        net.world.network().clog("n1", "c1", Instant(600s));
    });
    net.at(5s, [&] { net.world.network().heal(); });
    net.run([&](Runtime& runtime, Connection& connection) {
        runtime.clock().sleep_for(2s);
        (void)connection.write(Bytes::copy_of("hello"));
        runtime.clock().sleep_for(600s);
    });
    REQUIRE(net.all(net.server) == "hello;");
    REQUIRE(net.server.front().at >= Instant(5s));
    REQUIRE(net.server.front().at < Instant(6s));
}
