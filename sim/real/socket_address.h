// SocketAddress: an IPv4 or IPv6 address with its port, and names turned into such.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/result.h"
#include "sim/runtime/network.h"

namespace gregor::real {

class SocketAddress {
public:
    SocketAddress() = default;
    SocketAddress(const sockaddr* address, socklen_t size);

    [[nodiscard]] static SocketAddress local_of(int fd);
    [[nodiscard]] static SocketAddress peer_of(int fd);

    [[nodiscard]] const sockaddr* get() const { return &address_.any; }
    [[nodiscard]] socklen_t size() const;
    [[nodiscard]] int family() const { return address_.any.sa_family; }
    /// Host in numbers; an IPv4 address that came in over IPv6 is shown as what it is.
    [[nodiscard]] Endpoint endpoint() const;

    friend bool operator==(const SocketAddress& a, const SocketAddress& b) {
        return a.endpoint() == b.endpoint();
    }

private:
    union {
        sockaddr any;
        sockaddr_in v4;
        sockaddr_in6 v6;
    } address_{};
};

enum class ResolveFor : std::uint8_t { listen, connect };

using Addresses = std::vector<SocketAddress>;

/// The addresses of an endpoint whose host is numeric or, to listen, empty (every address of the
/// machine); nothing if it is a name. Does not block.
[[nodiscard]] std::optional<Addresses> resolve_numeric(const Endpoint& endpoint,
                                                       ResolveFor purpose);
/// As above for any host, in the system's order of preference. Blocks: for a worker.
[[nodiscard]] Result<Addresses, IoError> resolve(const Endpoint& endpoint, ResolveFor purpose);

}  // namespace gregor::real
