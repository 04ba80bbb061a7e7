// What only the real machine has: signals, both IP families, running out of descriptors, and the
// care it takes when a socket is closed. The rest is held by tests/parity.
#include <fcntl.h>
#include <sys/resource.h>

#include <csignal>

#include "sim/real/real_runtime.h"
#include "sim/real/signal_watch.h"
#include "sim/runtime/sync.h"
#include "tests/support/catch.h"

namespace gregor::real {
namespace {

/// Runs `body` on a fiber of one node; failures are noted in it and asserted outside.
void on_node(const std::function<void(RealRuntime&)>& body) {
    RealMachine machine;
    RealRuntime node(machine, {});
    machine.run([&] { body(node); });
}

std::string error_of(const Result<void, IoError>& result) {
    return std::string(result ? "no error" : name(result.error()));
}

/// While it lives, the process may open no further descriptor.
class NoMoreDescriptors {
public:
    NoMoreDescriptors() {
        ::getrlimit(RLIMIT_NOFILE, &before_);
        const int next = ::open("/dev/null", O_RDONLY);
        ::close(next);
        rlimit limit = before_;
        limit.rlim_cur = static_cast<rlim_t>(next);
        ::setrlimit(RLIMIT_NOFILE, &limit);
    }
    ~NoMoreDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("a signal is a call from the loop and does not end the process") {
    std::vector<int> seen;
    on_node([&](RealRuntime& node) {
        Event terminated(node.scheduler());
        const SignalWatch watch(node.machine().poller(), {SIGTERM, SIGINT}, [&](int signal) {
            seen.push_back(signal);
            if (signal == SIGTERM) terminated.set();
        });
        ::raise(SIGINT);
        node.clock().sleep_for(1ms);
        ::raise(SIGTERM);
        terminated.wait();
    });
    REQUIRE(seen == std::vector<int>{SIGINT, SIGTERM});
}

TEST_CASE("when main has ended the fibers of every node are cancelled before run returns") {
    RealMachine machine;
    RealRuntime first(machine, {.name = "n1"});
    RealRuntime second(machine, {.name = "n2"});
    int unwound = 0;
    struct Unwound {
        int& count;
        ~Unwound() { ++count; }
    };
    machine.run([&] {
        for (RealRuntime* node : {&first, &second}) {
            node->tasks().spawn("waits", [&, node] {
                const Unwound counted{unwound};
                node->clock().sleep_until(kNever);
            });
        }
        machine.scheduler().yield();
    });
    REQUIRE(unwound == 2);
    REQUIRE(first.tasks().empty());
}

TEST_CASE("an empty host listens on every address, and names are looked up") {
    std::vector<std::string> peers;
    bool named = false;
    on_node([&](RealRuntime& node) {
        auto listener = node.network().listen({"", 0});
        const std::uint16_t port = (*listener)->local().port;
        auto stream = node.network().connect({"127.0.0.1", port}, kNever);
        if (stream) peers.push_back((*(*listener)->accept())->peer().host);
        named = node.network().connect({"localhost", port}, kNever).has_value();
    });
    REQUIRE(peers == std::vector<std::string>{"127.0.0.1"});
    REQUIRE(named);
}

TEST_CASE("accept waits while the process is out of descriptors, and goes on afterwards") {
    bool accepted_early = false;
    bool accepted = false;
    on_node([&](RealRuntime& node) {
        auto listener = node.network().listen({"127.0.0.1", 0});
        auto stream = node.network().connect((*listener)->local(), kNever);
        Event done(node.scheduler());
        {
            const NoMoreDescriptors limit;
            node.tasks().spawn("accepts", [&] {
                const auto connection = (*listener)->accept();
                accepted = connection.has_value();
                done.set();
            });
            node.clock().sleep_for(5ms);
            accepted_early = accepted;
        }
        done.wait();
    });
    REQUIRE_FALSE(accepted_early);
    REQUIRE(accepted);
}

TEST_CASE("what was written before close arrives although we left something unread") {
    std::string received;
    std::string end;
    on_node([&](RealRuntime& node) {
        auto listener = node.network().listen({"127.0.0.1", 0});
        auto client = *node.network().connect((*listener)->local(), kNever);
        auto server = *(*listener)->accept();
        (void)client->write(Bytes::copy_of(std::string(100'000, 'r')));
        node.clock().sleep_for(1ms);
        (void)server->write(Bytes::copy_of("the error response"));
        server->close();
        server = nullptr;
        (void)client->write(Bytes::copy_of(std::string(100'000, 'r')));
        node.clock().sleep_for(1ms);
        ByteBuffer buffer;
        end = error_of(client->read(buffer, 1000, 1000, kNever));
        received = std::string(std::move(buffer).freeze().text());
    });
    REQUIRE(received == "the error response");
    REQUIRE(end == "end_of_stream");
}

TEST_CASE("overlapping syncs of one file share, and each gets an answer") {
    int synced = 0;
    on_node([&](RealRuntime& node) {
        const std::string path = "/tmp/gregor-sync-test-" + std::to_string(::getpid());
        const FileRef file = *node.disk().open(path, OpenMode::create);
        (void)node.disk().remove(path);
        Semaphore done(node.scheduler(), 0);
        TaskGroup cancelled(node.tasks(), "cancelled");
        cancelled.spawn("goes away", [&] { (void)file->sync(); });
        for (int i = 0; i < 10; ++i) {
            node.tasks().spawn("syncs", [&] {
                synced += file->sync().has_value() ? 1 : 0;
                done.release();
            });
        }
        node.scheduler().yield();
        cancelled.cancel();
        done.acquire(10);
        cancelled.join();
    });
    REQUIRE(synced == 10);
}

}  // namespace gregor::real
