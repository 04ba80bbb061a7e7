// CoordinatorLink: the way to the coordinator of a group or of a transactional id, whoever that is.
// A JoinGroup may wait for minutes for the others, and a broker answers a connection's requests in
// their order; so what concerns membership and what concerns offsets go over connections of their
// own.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "clients/client/cluster.h"

namespace gregor::client {

class CoordinatorLink {
public:
    enum class Channel : std::uint8_t { membership, offsets, transactions };
    /// Of what `key` is the name; the numbers are Kafka's.
    enum class KeyType : std::int8_t { group = 0, transaction = 1 };

    CoordinatorLink(Cluster& cluster, std::string key, std::string client_id,
                    Duration request_timeout, KeyType key_type = KeyType::group);

    /// One try. Who is not answered looks for the coordinator anew next time. `newest` bounds the
    /// version.
    template <protocol::Message Response, protocol::Message Request>
    [[nodiscard]] Result<Response, Error> call(
        Channel channel, const Request& request, Instant deadline,
        std::int16_t newest = Request::kMessage.versions.max) {
        BrokerConnection* const connection = TRY(connection_for(channel, deadline));
        auto answer = connection->call<Response>(request, deadline, newest);
        if (!answer) coordinator_.reset();
        return answer;
    }

    /// What a coordinator answered: one that is none any more is forgotten.
    void note(protocol::ErrorCode error);
    [[nodiscard]] Instant end_of_try(Instant deadline);

private:
    [[nodiscard]] Result<BrokerConnection*, Error> connection_for(Channel channel,
                                                                  Instant deadline);
    [[nodiscard]] Result<Endpoint, Error> find(Instant deadline);

    Cluster& cluster_;
    std::string key_;
    std::string client_id_;
    Duration request_timeout_;
    KeyType key_type_;
    std::optional<Endpoint> coordinator_;
    std::map<std::pair<Endpoint, Channel>, std::unique_ptr<BrokerConnection>> connections_;
};

}  // namespace gregor::client
