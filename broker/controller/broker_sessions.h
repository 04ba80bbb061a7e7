// BrokerSessions: when the active controller last heard of each broker, and how far each has read
// the metadata log. Not replicated: of the brokers that a controller finds unfenced when it begins
// to lead it knows only that the last controller, while there was one, had not given them up yet.
//
//     last heard of a leader      begins to lead
//     |-- broker.session.timeout.ms --|-------->|
//                                 |-- a third --|        a session ends at the later one
//
// So the time without a controller is silence, too, and a broker that died with the controller is
// fenced about as soon as one that died alone; Kafka gives each a whole timeout from now. A third
// of it is enough for who lives to be heard of: a broker that learns of a leader beats at once.
//
// Which brokers are fenced is the image's to say; a session is only a broker's last word. It
// belongs to one registration: another incarnation's broker epoch has none yet.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "broker/metadata/image.h"

namespace gregor::controller {

/// A broker's heartbeat, as far as the session goes.
struct BrokerContact {
    std::int64_t broker_epoch = -1;
    std::int64_t now_ms = 0;
    protocol::Offset metadata_offset = protocol::kNoOffset;  // the last that it has applied
};

/// When a controller begins to lead.
struct LeadershipStart {
    std::int64_t now_ms = 0;
    /// As of when it last knew that somebody led; at most now.
    std::int64_t leaderless_since_ms = 0;
};

class BrokerSessions {
public:
    explicit BrokerSessions(std::int64_t timeout_ms) : timeout_ms_(timeout_ms) {}

    /// Forgets all and starts the clock of every unfenced broker of `image`.
    void start(const metadata::MetadataImage& image, const LeadershipStart& start);
    void touch(protocol::NodeId broker, const BrokerContact& contact);
    void forget(protocol::NodeId broker) { sessions_.erase(broker); }

    /// Heard of within the timeout, in this registration.
    [[nodiscard]] bool is_valid(protocol::NodeId broker, std::int64_t broker_epoch,
                                std::int64_t now_ms) const;
    /// The unfenced broker that has been silent for longest, beyond the timeout; the lowest id of
    /// several.
    [[nodiscard]] std::optional<protocol::NodeId> expired(const metadata::MetadataImage& image,
                                                          std::int64_t now_ms) const;
    /// When expired() may have something to say, if nothing is heard till then.
    [[nodiscard]] std::optional<std::int64_t> next_expiry_ms(
        const metadata::MetadataImage& image) const;

    /// The metadata offset that every active broker has reached; nothing if there is none.
    [[nodiscard]] std::optional<protocol::Offset> lowest_active_offset(
        const metadata::MetadataImage& image) const;

    /// Up to where the others must have read before a broker that shuts down may go: they then know
    /// that it leads no more.
    [[nodiscard]] std::optional<protocol::Offset> shutdown_offset(protocol::NodeId broker) const;
    void set_shutdown_offset(protocol::NodeId broker, protocol::Offset offset);

private:
    struct Session {
        BrokerContact last;
        std::optional<protocol::Offset> shutdown_offset;
    };

    [[nodiscard]] const Session* find(const metadata::BrokerImage& broker) const;

    std::int64_t timeout_ms_;
    std::map<protocol::NodeId, Session> sessions_;
};

}  // namespace gregor::controller
