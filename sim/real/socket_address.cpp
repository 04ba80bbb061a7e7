#include "sim/real/socket_address.h"

#include <arpa/inet.h>
#include <netdb.h>

#include <cstring>
#include <memory>

#include "sim/base/check.h"

namespace gregor::real {
namespace {

Result<Addresses, IoError> look_up(const Endpoint& endpoint, ResolveFor purpose, int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags | AI_NUMERICSERV;
    if (purpose == ResolveFor::listen) hints.ai_flags |= AI_PASSIVE;
    addrinfo* found = nullptr;
    const int error =
        ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (error != 0) return fail(IoError::unknown_host);
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
    Addresses addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        if (entry->ai_family != AF_INET && entry->ai_family != AF_INET6) continue;
        addresses.emplace_back(entry->ai_addr, entry->ai_addrlen);
    }
    if (addresses.empty()) return fail(IoError::unknown_host);
    return addresses;
}

SocketAddress any_v6(std::uint16_t port) {
    sockaddr_in6 any{};
    any.sin6_family = AF_INET6;
    any.sin6_port = htons(port);
    return {reinterpret_cast<const sockaddr*>(&any), sizeof any};
}

SocketAddress any_v4(std::uint16_t port) {
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(port);
    return {reinterpret_cast<const sockaddr*>(&any), sizeof any};
}

}  // namespace

SocketAddress::SocketAddress(const sockaddr* address, socklen_t size) {
    CHECK(size <= sizeof address_);
    std::memcpy(&address_, address, size);
}

SocketAddress SocketAddress::local_of(int fd) {
    SocketAddress address;
    socklen_t size = sizeof address.address_;
    ::getsockname(fd, &address.address_.any, &size);
    return address;
}

SocketAddress SocketAddress::peer_of(int fd) {
    SocketAddress address;
    socklen_t size = sizeof address.address_;
    ::getpeername(fd, &address.address_.any, &size);
    return address;
}

socklen_t SocketAddress::size() const {
    return family() == AF_INET6 ? sizeof address_.v6 : sizeof address_.v4;
}

Endpoint SocketAddress::endpoint() const {
    char text[INET6_ADDRSTRLEN] = "";
    if (family() == AF_INET) {
        ::inet_ntop(AF_INET, &address_.v4.sin_addr, text, sizeof text);
        return {text, ntohs(address_.v4.sin_port)};
    }
    if (family() != AF_INET6) return {};
    const in6_addr& host = address_.v6.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&host)) {
        ::inet_ntop(AF_INET, &host.s6_addr[12], text, sizeof text);
    } else {
        ::inet_ntop(AF_INET6, &host, text, sizeof text);
    }
    return {text, ntohs(address_.v6.sin6_port)};
}

std::optional<Addresses> resolve_numeric(const Endpoint& endpoint, ResolveFor purpose) {
    if (endpoint.host.empty() && purpose == ResolveFor::listen) {
        return Addresses{any_v6(endpoint.port), any_v4(endpoint.port)};
    }
    auto addresses = look_up(endpoint, purpose, AI_NUMERICHOST);
    if (!addresses) return std::nullopt;
    return *std::move(addresses);
}

Result<Addresses, IoError> resolve(const Endpoint& endpoint, ResolveFor purpose) {
    if (endpoint.host.empty() || endpoint.host.find('\0') != std::string::npos) {
        return fail(IoError::unknown_host);
    }
    return look_up(endpoint, purpose, 0);
}

}  // namespace gregor::real
