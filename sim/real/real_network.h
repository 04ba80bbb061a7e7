// RealNetwork: TCP over IPv4 and IPv6.
#pragma once

#include "sim/real/lingering_sockets.h"
#include "sim/real/real_connection.h"
#include "sim/runtime/network.h"

namespace gregor::real {

class RealNetwork final : public Network {
public:
    RealNetwork(Scheduler& scheduler, Poller& poller, WorkerPool& workers);

    /// An empty host listens on every address of the machine, of both families where it can.
    Result<std::unique_ptr<Listener>, IoError> listen(const Endpoint& endpoint) override;
    /// Tries the host's addresses one after the other and returns the last one's error.
    Result<std::unique_ptr<Connection>, IoError> connect(const Endpoint& endpoint,
                                                         Instant deadline) override;

private:
    Result<Addresses, IoError> addresses_of(const Endpoint& endpoint, ResolveFor purpose,
                                            Instant deadline);
    Result<std::unique_ptr<Connection>, IoError> connect_to(const SocketAddress& address,
                                                            Instant deadline);

    LingeringSockets lingering_;
    SocketShop shop_;
};

}  // namespace gregor::real
