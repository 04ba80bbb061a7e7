#include "sim/real/real_network.h"

#include <netinet/tcp.h>

#include <cerrno>

#include "sim/base/check.h"
#include "sim/real/io_error_of.h"

namespace gregor::real {
namespace {

constexpr int kBacklog = 4096;
constexpr Duration kAcceptPause = 50ms;
constexpr std::uint32_t kAcceptBurst = 32;

void set_option(int fd, int level, int option, int value) {
    ::setsockopt(fd, level, option, &value, sizeof value);
}

void prepare_stream(int fd) {
    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

class RealListener final : public Listener, private Watched {
public:
    RealListener(SocketShop& shop, Descriptor socket)
        : shop_(shop), socket_(std::move(socket)), local_(SocketAddress::local_of(socket_.get())) {
        shop_.poller.watch(socket_.get(), *this);
    }
    ~RealListener() {
        CHECK(!acceptable_.awaited(), "a listener dies while a fiber accepts");
        close();
    }

    Result<std::unique_ptr<Connection>, IoError> accept() override;

    [[nodiscard]] Endpoint local() const override { return local_.endpoint(); }

    void close() override {
        if (closed_) return;
        closed_ = true;
        shop_.poller.forget(socket_.get(), *this);
        acceptable_.wake(shop_.scheduler);
        socket_.reset();
    }

private:
    void on_ready(std::uint32_t) override { acceptable_.set(shop_.scheduler); }

    SocketShop& shop_;
    Descriptor socket_;
    SocketAddress local_;
    Readiness acceptable_;
    std::uint32_t burst_ = 0;
    bool closed_ = false;
};

Result<std::unique_ptr<Connection>, IoError> RealListener::accept() {
    shop_.scheduler.throw_if_cancelled();
    while (!closed_) {
        if (!acceptable_.ready()) {
            burst_ = 0;
            TRY(acceptable_.wait(shop_.scheduler, kNever, closed_));
        } else if (++burst_ >= kAcceptBurst) {
            burst_ = 0;
            shop_.scheduler.yield();
            continue;
        }
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const int fd = ::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&from), &size,
                                 SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            prepare_stream(fd);
            const SocketAddress peer(reinterpret_cast<sockaddr*>(&from), size);
            return std::make_unique<RealConnection>(shop_, Descriptor(fd), peer);
        }
        const bool exhausted =
            errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
        if (errno == EAGAIN) acceptable_.clear();
        if (!exhausted) continue;  // a connection that died in the queue
        // Descriptors come back as connections close; the queue keeps who waits there. What the
        // kernel has announced stays true, so this is a plain pause that close() ends.
        acceptable_.clear();
        const Instant again = deadline_after(shop_.scheduler.now(), kAcceptPause);
        const auto waited = acceptable_.wait(shop_.scheduler, again, closed_);
        if (!waited && waited.error() == IoError::closed) return fail(IoError::closed);
        acceptable_.set(shop_.scheduler);
    }
    return fail(IoError::closed);
}

/// Waits for the outcome of a connect that is under way.
class Connecting final : private Watched {
public:
    Connecting(SocketShop& shop, int fd) : shop_(shop), fd_(fd) { shop_.poller.watch(fd_, *this); }
    ~Connecting() { shop_.poller.forget(fd_, *this); }

    Result<void, IoError> wait(Instant deadline) {
        return writable_.wait(shop_.scheduler, deadline, kOpen);
    }

private:
    static constexpr bool kOpen = false;

    void on_ready(std::uint32_t events) override {
        if ((events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) != 0) writable_.set(shop_.scheduler);
    }

    SocketShop& shop_;
    int fd_;
    Readiness writable_;
};

}  // namespace

RealNetwork::RealNetwork(Scheduler& scheduler, Poller& poller, WorkerPool& workers)
    : lingering_(scheduler, poller), shop_(scheduler, poller, workers) {
    shop_.linger = [this](Descriptor socket) { lingering_.add(std::move(socket)); };
}

Result<std::unique_ptr<Listener>, IoError> RealNetwork::listen(const Endpoint& endpoint) {
    shop_.scheduler.throw_if_cancelled();
    int error = EADDRNOTAVAIL;
    for (const SocketAddress& address : TRY(addresses_of(endpoint, ResolveFor::listen, kNever))) {
        Descriptor socket(
            ::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
        if (socket.valid()) {
            set_option(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
            if (address.family() == AF_INET6) {
                set_option(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
            }
            if (::bind(socket.get(), address.get(), address.size()) == 0 &&
                ::listen(socket.get(), kBacklog) == 0) {
                return std::make_unique<RealListener>(shop_, std::move(socket));
            }
        }
        error = errno;
        if (error == EADDRINUSE) break;
    }
    return fail(network_error_of(error));
}

Result<std::unique_ptr<Connection>, IoError> RealNetwork::connect(const Endpoint& endpoint,
                                                                  Instant deadline) {
    shop_.scheduler.throw_if_cancelled();
    if (endpoint.port == 0) return fail(IoError::invalid_argument);
    IoError error = IoError::unknown_host;
    for (const SocketAddress& address :
         TRY(addresses_of(endpoint, ResolveFor::connect, deadline))) {
        auto connection = connect_to(address, deadline);
        if (connection) return connection;
        error = connection.error();
        if (error == IoError::timed_out) break;
    }
    return fail(error);
}

Result<std::unique_ptr<Connection>, IoError> RealNetwork::connect_to(const SocketAddress& address,
                                                                     Instant deadline) {
    Descriptor socket(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket.valid()) return fail(network_error_of(errno));
    prepare_stream(socket.get());
    if (::connect(socket.get(), address.get(), address.size()) != 0) {
        if (errno != EINPROGRESS && errno != EINTR) return fail(network_error_of(errno));
        TRY(Connecting(shop_, socket.get()).wait(deadline));
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) return fail(network_error_of(error));
    }
    // TCP lets a socket meet itself when it is given the very port that it looks for.
    if (SocketAddress::local_of(socket.get()) == address) {
        return fail(IoError::connection_refused);
    }
    return std::make_unique<RealConnection>(shop_, std::move(socket), address);
}

Result<Addresses, IoError> RealNetwork::addresses_of(const Endpoint& endpoint, ResolveFor purpose,
                                                     Instant deadline) {
    if (auto numeric = resolve_numeric(endpoint, purpose)) return *std::move(numeric);
    struct Question {
        explicit Question(Scheduler& scheduler) : answered(scheduler) {}
        Event answered;
        Result<Addresses, IoError> answer = fail(IoError::unknown_host);
    };
    // Shared, as a slow name server may answer after we have gone.
    const auto question = std::make_shared<Question>(shop_.scheduler);
    shop_.workers.post([question = question.get(), endpoint,
                        purpose] { question->answer = resolve(endpoint, purpose); },
                       [question] { question->answered.set(); });
    if (!question->answered.wait(deadline)) return fail(IoError::timed_out);
    return std::move(question->answer);
}

}  // namespace gregor::real
