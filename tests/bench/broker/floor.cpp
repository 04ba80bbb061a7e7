// The floor under a broker's cost: the same bytes through the same calls to the kernel, and nothing
// else. One process takes batches from a loopback socket, writes each to one of four files with one
// call and answers with a few bytes; then it sends the files back with sendfile(). Its CPU time is
// what the kernel asks of any broker on this machine now; scripts/bench prints it beside gregord's.
//
//     phase=produce bytes=… wall_ns=… user_ns=… sys_ns=…
//
// Run: scripts/bench, or build/release/bin/bench_broker_floor FOLDER BYTES BATCH_BYTES. The files
// are removed at the end. Their memory goes back to the kernel warm, which is also how
// scripts/bench makes ready for a round: the first touch of a page costs a virtual machine many
// times its copy.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>  // the bench measures real time; the broker never does
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t kFiles = 4;
constexpr std::size_t kAnswer = 60;
constexpr std::size_t kFetch = 1024 * 1024;  // of one partition, as librdkafka asks

[[noreturn]] void give_up(std::string_view what) {
    fmt::print(stderr, "bench_broker_floor: {}: {}\n", what, std::strerror(errno));
    std::_Exit(1);
}

std::size_t checked(std::ptrdiff_t count, std::string_view what) {
    if (count < 0) give_up(what);
    return static_cast<std::size_t>(count);
}

struct Load {
    std::string folder;
    std::uint64_t bytes = 0;
    std::size_t batch = 0;

    [[nodiscard]] std::uint64_t batches() const {
        return std::max<std::uint64_t>(bytes / batch, 1);
    }
};

/// Prints what passed between its making and its end, of this process alone.
class Phase {
public:
    explicit Phase(std::string_view name)
        : name_(name), before_(usage()), started_(std::chrono::steady_clock::now()) {}

    void end(std::uint64_t bytes) const {
        const std::chrono::nanoseconds wall = std::chrono::steady_clock::now() - started_;
        const rusage after = usage();
        fmt::print("phase={} bytes={} wall_ns={} user_ns={} sys_ns={}\n", name_, bytes,
                   wall.count(), ns(after.ru_utime) - ns(before_.ru_utime),
                   ns(after.ru_stime) - ns(before_.ru_stime));
        std::fflush(stdout);
    }

private:
    static rusage usage() {
        rusage result{};
        ::getrusage(RUSAGE_SELF, &result);
        return result;
    }
    static std::int64_t ns(const timeval& time) {
        return time.tv_sec * std::int64_t{1'000'000'000} + time.tv_usec * std::int64_t{1000};
    }

    std::string_view name_;
    rusage before_;
    std::chrono::steady_clock::time_point started_;
};

// The sockets: one end for each process. ---------------------------------------------------------

int listen_somewhere(sockaddr_in& address) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0 ||
        ::listen(listener, 1) != 0) {
        give_up("a listener");
    }
    return listener;
}

int without_delay(int socket) {
    const int on = 1;
    if (socket < 0 || ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) {
        give_up("a socket");
    }
    return socket;
}

void receive_whole(int socket, std::vector<char>& into, std::size_t size) {
    if (checked(::recv(socket, into.data(), size, MSG_WAITALL), "recv") != size) give_up("recv");
}

void send_whole(int socket, const char* from, std::size_t size) {
    for (std::size_t done = 0; done < size;) {
        done += checked(::send(socket, from + done, size - done, MSG_NOSIGNAL), "send");
    }
}

// The client. -------------------------------------------------------------------------------------

void produce_and_fetch(int socket, const Load& load) {
    std::vector<char> batch(load.batch, 'x');
    std::vector<char> answers(64 * 1024);
    for (std::uint64_t i = 0; i < load.batches(); ++i) {
        send_whole(socket, batch.data(), batch.size());
        (void)!::recv(socket, answers.data(), answers.size(), MSG_DONTWAIT);
    }
    ::shutdown(socket, SHUT_WR);
    std::vector<char> fetched(kFetch);
    while (checked(::recv(socket, fetched.data(), fetched.size(), 0), "recv") > 0) {
    }
}

// The broker. -------------------------------------------------------------------------------------

using Files = std::array<int, kFiles>;

Files make_files(const Load& load) {
    Files files{};
    for (std::size_t i = 0; i < kFiles; ++i) {
        const std::string path = fmt::format("{}/floor-{}-{}", load.folder, ::getpid(), i);
        files[i] = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (files[i] < 0 || ::unlink(path.c_str()) != 0) give_up(path);
    }
    return files;
}

std::array<off_t, kFiles> take_batches(int socket, const Files& files, const Load& load) {
    std::array<off_t, kFiles> ends{};
    std::vector<char> batch(load.batch);
    const Phase phase("produce");
    for (std::uint64_t i = 0; i < load.batches(); ++i) {
        receive_whole(socket, batch, batch.size());
        const std::size_t to = i % kFiles;
        const std::ptrdiff_t written = ::pwrite(files[to], batch.data(), batch.size(), ends[to]);
        if (checked(written, "pwrite") != batch.size()) give_up("pwrite");
        ends[to] += written;
        send_whole(socket, batch.data(), std::min(kAnswer, batch.size()));
    }
    phase.end(load.batches() * load.batch);
    return ends;
}

void send_files(int socket, const Files& files, const std::array<off_t, kFiles>& ends,
                const Load& load) {
    const Phase phase("fetch");
    std::array<off_t, kFiles> done{};
    for (bool any = true; any;) {
        any = false;
        for (std::size_t i = 0; i < kFiles; ++i) {
            const off_t end = std::min<off_t>(ends[i], done[i] + static_cast<off_t>(kFetch));
            while (done[i] < end) {
                const auto left = static_cast<std::size_t>(end - done[i]);
                checked(::sendfile(socket, files[i], &done[i], left), "sendfile");
                any = true;
            }
        }
    }
    phase.end(load.batches() * load.batch);
}

template <class Number>
Number parse(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number == 0) {
        fmt::print(stderr, "bench_broker_floor: {} is not a number above 0\n", text);
        std::exit(254);
    }
    return number;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 4) {
        fmt::print(stderr, "usage: {} FOLDER BYTES BATCH_BYTES\n", argv[0]);
        return 254;
    }
    const Load load{.folder = argv[1],
                    .bytes = parse<std::uint64_t>(argv[2]),
                    .batch = parse<std::size_t>(argv[3])};
    sockaddr_in address{};
    const int listener = listen_somewhere(address);
    const pid_t client = ::fork();
    if (client < 0) give_up("fork");
    if (client == 0) {
        const int socket = without_delay(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        if (::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
            give_up("connect");
        }
        produce_and_fetch(socket, load);
        return 0;
    }
    const int socket = without_delay(::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC));
    const Files files = make_files(load);
    const auto ends = take_batches(socket, files, load);
    send_files(socket, files, ends, load);
    ::close(socket);
    int status = 0;
    ::waitpid(client, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
