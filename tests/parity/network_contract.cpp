// Network: ordered streams that may die; see sim/runtime/network.h.
#include <numeric>

#include "sim/runtime/sync.h"
#include "tests/parity/world.h"

namespace gregor::parity {
namespace {

using Stream = std::unique_ptr<Connection>;

struct Pair {
    Stream client;
    Stream server;
};

Pair connect(Nodes& nodes) {
    auto listener = take(nodes.server.network().listen(nodes.server_address));
    Pair pair;
    pair.client = take(nodes.client.network().connect(listener->local()));
    pair.server = take(listener->accept());
    return pair;
}

Bytes text(std::string_view value) { return Bytes::copy_of(value); }

/// `size` bytes, each telling where it stands.
std::string pattern(std::size_t size) {
    std::string bytes(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        bytes[i] = static_cast<char>((i * 131 + (i >> 9)) & 0xff);
    return bytes;
}

std::string read_text(Connection& connection, std::size_t min, std::size_t max) {
    ByteBuffer buffer;
    take(connection.read(buffer, min, max));
    return std::string(std::move(buffer).freeze().text());
}

/// All until the end of the stream.
std::string read_all(Connection& connection) {
    ByteBuffer buffer;
    for (;;) {
        const auto result = connection.read(buffer, 1, 1 << 20);
        if (result) continue;
        REQUIRE(error_of(result) == "end_of_stream");
        return std::string(std::move(buffer).freeze().text());
    }
}

FileRef make_file(Runtime& node, std::string_view content) {
    FileRef file = take(node.disk().open("slices", OpenMode::create));
    take(file->write(0, text(content)));
    return file;
}

}  // namespace

PARITY("bytes arrive in order and without gaps") {
    Pair pair = connect(nodes);
    const std::string all = pattern(200'000);
    nodes.spawn(nodes.client, [&] {
        std::size_t done = 0;
        for (std::size_t part = 1; done < all.size(); part = part * 3 + 1) {
            const std::size_t size = std::min(part, all.size() - done);
            take(pair.client->write(text(all.substr(done, size))));
            done += size;
        }
        pair.client->close();
    });
    REQUIRE(read_all(*pair.server) == all);
}

PARITY("both directions work at the same time") {
    Pair pair = connect(nodes);
    const std::string request = pattern(3'000'000);
    const std::string response = pattern(2'000'001);
    std::string received;
    Event done(nodes.client.scheduler());
    nodes.spawn(nodes.client, [&] { take(pair.client->write(text(request))); });
    nodes.spawn(nodes.server, [&] { take(pair.server->write(text(response))); });
    nodes.spawn(nodes.server, [&] {
        received = read_text(*pair.server, request.size(), request.size());
        done.set();
    });
    REQUIRE(read_text(*pair.client, response.size(), response.size()) == response);
    done.wait();
    REQUIRE(received == request);
}

PARITY("read waits for min and takes no more than max") {
    Pair pair = connect(nodes);
    take(pair.client->write(text("0123456789")));
    REQUIRE(read_text(*pair.server, 4, 4) == "0123");
    REQUIRE(read_text(*pair.server, 0, 0).empty());
    nodes.spawn(nodes.client, [&] { take(pair.client->write(text("abcdef"))); });
    REQUIRE(read_text(*pair.server, 12, 12) == "456789abcdef");
    REQUIRE(read_text(*pair.server, 0, 10).empty());
    take(pair.client->write(text("xyz")));
    const std::string some = read_text(*pair.server, 1, 1000);
    REQUIRE(some == std::string("xyz").substr(0, some.size()));
}

PARITY("read appends to what the buffer holds") {
    Pair pair = connect(nodes);
    take(pair.client->write(text("0123456789")));
    ByteBuffer buffer;
    buffer.append("before ");
    take(pair.server->read(buffer, 3, 3));
    buffer.reserve(1000);
    take(pair.server->read(buffer, 7, 7));
    REQUIRE(std::move(buffer).freeze().text() == "before 0123456789");
}

PARITY("while a connection is idle its reader's buffer stays empty") {
    Pair pair = connect(nodes);
    ByteBuffer buffer;
    nodes.spawn(nodes.server, [&] { (void)pair.server->read(buffer, 1, 1 << 20); });
    nodes.client.clock().sleep_for(2ms);
    REQUIRE(buffer.capacity() == 0);
    pair.client->close();
    nodes.client.clock().sleep_for(5ms);
    pair.server->close();
    nodes.client.scheduler().yield();
    nodes.client.clock().sleep_for(1ms);
}

PARITY("the end of the stream comes after what was written") {
    Pair pair = connect(nodes);
    take(pair.client->write(text("last words")));
    pair.client->close();
    ByteBuffer buffer;
    REQUIRE(error_of(pair.server->read(buffer, 11, 20)) == "end_of_stream");
    REQUIRE(std::move(buffer).freeze().text() == "last words");
    REQUIRE(error_of(pair.server->read(buffer, 1, 20)) == "end_of_stream");
}

PARITY("what is there can be read when less than min will ever come") {
    Pair pair = connect(nodes);
    take(pair.client->write(text("ab")));
    REQUIRE(read_text(*pair.server, 1, 1) == "a");
    pair.client->close();
    REQUIRE(read_all(*pair.server) == "b");
}

PARITY("a read that nothing comes for ends at its deadline, and the connection lives on") {
    Pair pair = connect(nodes);
    Clock& clock = nodes.client.clock();
    ByteBuffer buffer;
    const Instant deadline = clock.now() + 2ms;
    REQUIRE(error_of(pair.client->read(buffer, 1, 10, deadline)) == "timed_out");
    REQUIRE(clock.now() >= deadline);
    REQUIRE(error_of(pair.client->read(buffer, 1, 10, clock.now() - 1s)) == "timed_out");
    take(pair.server->write(text("late")));
    REQUIRE(read_text(*pair.client, 4, 4) == "late");
}

PARITY("a write that nobody takes ends at its deadline") {
    Pair pair = connect(nodes);
    Clock& clock = nodes.client.clock();
    const Bytes huge = text(pattern(24 << 20));
    const Instant deadline = clock.now() + 20ms;
    REQUIRE(error_of(pair.client->write(huge, deadline)) == "timed_out");
    REQUIRE(clock.now() >= deadline);
}

PARITY("close wakes our own reader with closed, and the peer sees the end") {
    Pair pair = connect(nodes);
    std::string error;
    Event done(nodes.client.scheduler());
    nodes.spawn(nodes.client, [&] {
        ByteBuffer buffer;
        error = error_of(pair.client->read(buffer, 1, 10));
        done.set();
    });
    nodes.client.clock().sleep_for(1ms);
    pair.client->close();
    pair.client->close();
    done.wait();
    REQUIRE(error == "closed");
    ByteBuffer buffer;
    REQUIRE(error_of(pair.client->read(buffer, 1, 10)) == "closed");
    REQUIRE(error_of(pair.client->write(text("x"))) == "closed");
    REQUIRE(error_of(pair.server->read(buffer, 1, 10)) == "end_of_stream");
}

PARITY("close wakes our own writer with closed") {
    Pair pair = connect(nodes);
    std::string error;
    Event done(nodes.client.scheduler());
    nodes.spawn(nodes.client, [&] {
        error = error_of(pair.client->write(text(pattern(24 << 20))));
        done.set();
    });
    nodes.client.clock().sleep_for(2ms);
    pair.client->close();
    done.wait();
    REQUIRE(error == "closed");
}

PARITY("a destroyed connection is a closed one") {
    Pair pair = connect(nodes);
    take(pair.client->write(text("bye")));
    pair.client = nullptr;
    REQUIRE(read_all(*pair.server) == "bye");
}

PARITY("a writer learns that its peer has gone") {
    Pair pair = connect(nodes);
    pair.server->close();
    pair.server = nullptr;
    const Bytes block = text(pattern(50'000));
    const Instant limit = deadline_after(nodes.client.clock().now(), 60s);
    Result<void, IoError> result;
    while (result && nodes.client.clock().now() < limit) {
        result = pair.client->write(block, limit);
        nodes.client.clock().sleep_for(10ms);
    }
    REQUIRE(error_of(result) == "connection_reset");
}

PARITY("port 0 gives each listener a port of its own") {
    Network& network = nodes.server.network();
    auto first = take(network.listen(nodes.server_address));
    auto second = take(network.listen(nodes.server_address));
    REQUIRE(first->local().host == nodes.server_address.host);
    REQUIRE(first->local().port != 0);
    REQUIRE(second->local().port != 0);
    REQUIRE(first->local().port != second->local().port);
}

PARITY("a port is held by one listener, and free again after close") {
    Network& network = nodes.server.network();
    auto listener = take(network.listen(nodes.server_address));
    const Endpoint taken = listener->local();
    REQUIRE(error_of(network.listen(taken)) == "address_in_use");
    listener->close();
    listener = take(network.listen(taken));
    REQUIRE(listener->local() == taken);
}

PARITY("a connect to a port without a listener is refused") {
    auto listener = take(nodes.server.network().listen(nodes.server_address));
    const Endpoint gone = listener->local();
    listener = nullptr;
    REQUIRE(error_of(nodes.client.network().connect(gone)) == "connection_refused");
}

PARITY("a host that nobody knows is an error") {
    REQUIRE(error_of(nodes.client.network().connect({"no-such-host.invalid", 9092})) ==
            "unknown_host");
}

PARITY("closing a listener wakes its acceptor with closed") {
    auto listener = take(nodes.server.network().listen(nodes.server_address));
    std::string error;
    Event done(nodes.client.scheduler());
    nodes.spawn(nodes.server, [&] {
        error = error_of(listener->accept());
        done.set();
    });
    nodes.client.clock().sleep_for(1ms);
    listener->close();
    done.wait();
    REQUIRE(error == "closed");
    REQUIRE(error_of(listener->accept()) == "closed");
}

PARITY("each end names the other") {
    Pair pair = connect(nodes);
    REQUIRE(pair.client->peer() == pair.server->local());
    REQUIRE(pair.client->local() == pair.server->peer());
    REQUIRE(pair.server->local().host == nodes.server_address.host);
    const Endpoint before = pair.client->peer();
    pair.client->close();
    REQUIRE(pair.client->peer() == before);
}

PARITY("a write takes its pieces, bytes and file slices, one behind the other") {
    Pair pair = connect(nodes);
    const std::string content = pattern(100'000);
    const FileRef file = make_file(nodes.server, content);
    std::vector<Piece> pieces;
    std::string expected;
    for (std::uint32_t i = 0; i < 1500; ++i) {
        const std::string header = "h" + std::to_string(i);
        pieces.emplace_back(text(header));
        expected += header;
        if (i % 100 != 0) continue;
        pieces.emplace_back(FileSlice{file, i * 7, 1000 + i});
        expected += content.substr(i * 7, 1000 + i);
        pieces.emplace_back(Bytes());
        pieces.emplace_back(FileSlice{file, 5, 0});
    }
    nodes.spawn(nodes.server, [&] {
        take(pair.server->write(pieces));
        take(pair.server->write(std::span<const Piece>()));
        pair.server->close();
    });
    REQUIRE(read_all(*pair.client) == expected);
}

PARITY("a file slice may be of a file that was removed") {
    Pair pair = connect(nodes);
    const std::string content = pattern(3'000'000);
    const FileRef file = make_file(nodes.server, content);
    take(nodes.server.disk().remove("slices"));
    nodes.spawn(nodes.server, [&] {
        const Piece piece(FileSlice{file, 1000, 2'900'000});
        take(pair.server->write(std::span(&piece, 1)));
    });
    REQUIRE(read_text(*pair.client, 2'900'000, 2'900'000) == content.substr(1000, 2'900'000));
}

PARITY("a slice that is shorter than said closes the connection") {
    Pair pair = connect(nodes);
    const FileRef file = make_file(nodes.server, pattern(1000));
    std::string error;
    Event done(nodes.client.scheduler());
    nodes.spawn(nodes.server, [&] {
        const std::vector<Piece> pieces{text("head"), FileSlice{file, 500, 600}, text("tail")};
        error = error_of(pair.server->write(pieces));
        ByteBuffer buffer;
        REQUIRE(error_of(pair.server->read(buffer, 1, 10)) == "closed");
        done.set();
    });
    ByteBuffer buffer;
    REQUIRE(error_of(pair.client->read(buffer, 605, 605)) == "end_of_stream");
    REQUIRE(buffer.size() <= 504);
    done.wait();
    REQUIRE(error == "end_of_stream");
}

PARITY("a large transfer waits for its reader") {
    Pair pair = connect(nodes);
    constexpr std::size_t kSize = 32 << 20;
    const std::string all = pattern(kSize);
    bool written = false;
    nodes.spawn(nodes.client, [&] {
        take(pair.client->write(text(all)));
        written = true;
        pair.client->close();
    });
    nodes.client.clock().sleep_for(5ms);
    REQUIRE_FALSE(written);
    std::size_t done = 0;
    while (done < kSize) {
        const std::string part = read_text(*pair.server, 1, 700'001);
        REQUIRE(all.compare(done, part.size(), part) == 0);
        done += part.size();
    }
    REQUIRE(read_all(*pair.server).empty());
}

PARITY("many connections are served side by side") {
    constexpr int kConnections = 100;
    auto listener = take(nodes.server.network().listen(nodes.server_address));
    nodes.spawn(nodes.server, [&] {
        for (int i = 0; i < kConnections; ++i) {
            nodes.spawn(nodes.server, [stream = take(listener->accept())] {
                for (int round = 0; round < 5; ++round) {
                    take(stream->write(text(read_text(*stream, 8, 8) + "!")));
                }
            });
        }
    });
    Semaphore done(nodes.client.scheduler(), 0);
    for (int i = 0; i < kConnections; ++i) {
        nodes.spawn(nodes.client, [&, i] {
            const Stream stream = take(nodes.client.network().connect(listener->local()));
            for (int round = 0; round < 5; ++round) {
                const std::string request = std::to_string(10'000'000 + i * 10 + round);
                take(stream->write(text(request)));
                REQUIRE(read_text(*stream, 9, 9) == request + "!");
            }
            done.release();
        });
    }
    done.acquire(kConnections);
}

}  // namespace gregor::parity
