// The consumer's half of an incremental fetch session (KIP-227): the broker remembers what is asked
// for, and a request names only partitions that are new, have moved or are forgotten.
//
//     full (0, 0) ──id──> (id, 1) ──> (id, 2) ──> …
//          ^                 │ FETCH_SESSION_ID_NOT_FOUND
//          ├─────────────────┘
//     full (id, 0) <── no answer, INVALID_FETCH_SESSION_EPOCH: closes the old one
#pragma once

#include <map>
#include <vector>

#include "broker/protocol/messages/fetch.h"

namespace gregor::client {

/// What a consumer wants of one partition.
struct FetchTarget {
    std::string topic;
    protocol::TopicId topic_id;
    std::int32_t index = 0;
    std::int64_t offset = 0;
    std::int32_t max_bytes = 0;
    std::int32_t leader_epoch = -1;  // as the consumer knows it; -1: it does not say

    friend bool operator==(const FetchTarget&, const FetchTarget&) = default;
};

/// Names these partitions in the request, those of one topic together.
void name_targets(protocol::FetchRequest& request, const std::vector<FetchTarget>& targets);

class FetchSession {
public:
    /// Names what has changed since the last request; everything when the session begins.
    void fill(protocol::FetchRequest& request, const std::vector<FetchTarget>& targets);
    /// The answer to the last request; 0: the broker keeps no session.
    void answered(std::int32_t session_id);
    /// The broker knows no such session.
    void not_found() { *this = {}; }
    /// No answer came, or the epoch was refused: nobody knows what the broker remembers.
    void broken();

    [[nodiscard]] bool is_incremental() const { return epoch_ > 0; }

private:
    using Key = std::pair<std::string, std::int32_t>;

    std::int32_t id_ = 0;
    std::int32_t epoch_ = 0;
    /// What the broker remembers.
    std::map<Key, FetchTarget> remembered_;
};

}  // namespace gregor::client
