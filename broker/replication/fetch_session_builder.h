// FetchSessionBuilder: the asking end of a fetch session (KIP-227). A fetcher says which partitions
// it wants now; the request names only those that are new, changed or wanted no more, as long as
// the leader keeps a session for it.
//
//     first request   all partitions, session 0, epoch 0        answer: session 7
//     then            changes only,   session 7, epoch 1, 2 …   answer: only what is new
//     refused, lost   all partitions again, session 7, epoch 0  the leader ends 7, begins another
//
// Pure. See fetch_session.h for the other end.
#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "broker/protocol/messages/fetch.h"
#include "sim/base/result.h"

namespace gregor::replication {

class FetchSessionBuilder {
public:
    using FetchRequest = protocol::FetchRequest;
    using FetchResponse = protocol::FetchResponse;
    using Key = std::pair<protocol::TopicId, protocol::PartitionId>;
    using Wanted = std::map<Key, FetchRequest::Partition>;

    /// Fills in session and partitions of a request that is to fetch `wanted`, no more, no less.
    void build(FetchRequest& request, const Wanted& wanted);
    /// Takes the answer to the last request. An error: the answer's own, or INVALID_REQUEST for one
    /// that does not fit; nothing in it is to be used, and the next request begins anew.
    [[nodiscard]] Result<void, protocol::ErrorCode> answered(const FetchResponse& response);
    /// No answer came.
    void lost() { epoch_ = kInitialEpoch; }

    [[nodiscard]] std::int32_t session_id() const { return id_; }
    [[nodiscard]] std::int32_t epoch() const { return epoch_; }

private:
    static constexpr std::int32_t kInitialEpoch = 0;

    [[nodiscard]] bool fits(const FetchResponse& response) const;

    std::int32_t id_ = 0;
    std::int32_t epoch_ = kInitialEpoch;  // of the next request
    bool full_ = true;                    // the last request named all
    Wanted known_;                        // to the leader, once the last request has reached it
};

}  // namespace gregor::replication
