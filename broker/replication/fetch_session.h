// Fetch sessions (KIP-227): a consumer that fetches a thousand partitions says so once; afterwards
// its requests name what changed and the answers name what is new.
//
//     request   session_id  epoch   meaning
//                   0         0     all partitions are named; open a session if there is room
//                   7         3     the partitions of session 7, with these changes
//                   7         0     all are named again: session 7 ends, another begins
//                   7        -1     all are named; session 7 ends, none begins
//
// The epoch counts the requests of a session: 1, 2, …, 2^31-1, 1, …; a request with another one
// than expected was lost or comes twice and is refused. Sessions live in a cache of
// max.incremental.fetch.session.cache.slots entries. A new one may push out one that was not used
// for kEvictionAge, or one that has lived that long and is smaller; those of followers go last.
//
// From version 13 topics are named by id; a session keeps to one way of naming. Pure: the caller
// brings the time, the random numbers and the names of topics.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "broker/protocol/messages/fetch.h"
#include "sim/base/random.h"
#include "sim/base/time.h"

namespace gregor::replication {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::TopicId;

inline constexpr std::int16_t kFirstFetchVersionWithTopicIds = 13;
inline constexpr std::int32_t kInitialSessionEpoch = 0;
inline constexpr std::int32_t kFinalSessionEpoch = -1;

/// The epoch after `epoch`.
[[nodiscard]] std::int32_t next_session_epoch(std::int32_t epoch);

/// One partition that is to be fetched.
struct FetchTarget {
    std::string topic;  // empty: the topic id is not known here
    TopicId topic_id;   // zero up to version 12
    FetchRequest::Partition wanted;
};

class FetchSession {
public:
    [[nodiscard]] std::int32_t id() const { return id_; }
    [[nodiscard]] std::size_t size() const { return index_.size(); }

private:
    friend class FetchSessionCache;
    friend class FetchContext;

    using Key = std::tuple<TopicId, std::string, std::int32_t>;
    struct Entry {
        FetchTarget target;
        // As last sent; -1 after an error, so that the next answer names the partition.
        std::int64_t high_watermark = -1;
        std::int64_t log_start_offset = -1;
        // It was sent records and may have more: what a client holds while it does not fetch it.
        bool sent_records = false;
    };
    using Order = std::list<Entry>;

    [[nodiscard]] Key key_of(const std::string& topic, const TopicId& topic_id,
                             std::int32_t partition) const;
    /// The entry of a partition that was named, new or with its new wishes.
    Entry& set(FetchTarget target);
    /// Whether an answer names the partition; remembers what is sent.
    [[nodiscard]] bool note_sent(Entry& entry, const FetchResponse::Partition& data);

    std::int32_t id_ = 0;
    bool is_follower_ = false;
    bool uses_topic_ids_ = false;
    std::int32_t epoch_ = 0;  // of the next request
    Instant created_;
    Instant last_used_;
    std::size_t cached_size_ = 0;  // as the cache's order has it
    bool cached_ = false;
    // The client put aside a partition that it was sent records of: it is busy with them.
    bool client_holds_records_ = false;
    Order order_;
    std::map<Key, Order::iterator> index_;
};

/// One request's view of its session.
class FetchContext {
public:
    /// Not none: the request is answered with this error and nothing else.
    [[nodiscard]] ErrorCode error() const { return error_; }
    /// What is to be read, in the order in which it is to be served.
    [[nodiscard]] const std::vector<FetchTarget>& targets() const { return targets_; }
    /// Whether the client put aside, since its last request, a partition that it was sent records
    /// of. It will want that one again before long, but has one fetch in flight at a time: this one
    /// should not wait for all of its max_wait.
    [[nodiscard]] bool client_holds_records() const { return client_holds_records_; }

private:
    friend class FetchSessionCache;
    enum class Kind : std::uint8_t { refused, sessionless, full, incremental };

    Kind kind_ = Kind::sessionless;
    ErrorCode error_ = ErrorCode::none;
    bool is_follower_ = false;
    bool uses_topic_ids_ = false;
    bool client_holds_records_ = false;
    std::int32_t epoch_ = 0;
    std::vector<FetchTarget> targets_;
    std::shared_ptr<FetchSession> session_;
};

/// What is sent: which answers (by index), and for which session.
struct FetchVerdict {
    ErrorCode error = ErrorCode::none;
    std::int32_t session_id = 0;
    std::vector<std::size_t> included;
};

class FetchSessionCache {
public:
    static constexpr Duration kEvictionAge = 120s;

    explicit FetchSessionCache(std::size_t max_slots) : max_slots_(max_slots) {}

    /// Names of topic ids; nothing for an unknown one.
    using TopicNames = std::function<std::optional<std::string>(const TopicId&)>;

    /// Takes a request. Errors: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH,
    /// FETCH_SESSION_TOPIC_ID_ERROR.
    [[nodiscard]] FetchContext begin(std::int16_t version, const FetchRequest& request,
                                     bool is_follower, Instant now, const TopicNames& names);
    /// Decides what of `answers`, one for each target and in their order, is sent; opens the
    /// session of a full request if there is room.
    [[nodiscard]] FetchVerdict finish(FetchContext& context,
                                      const std::vector<FetchResponse::Partition>& answers,
                                      Instant now, Random& random);

    [[nodiscard]] std::size_t size() const { return sessions_.size(); }
    [[nodiscard]] std::uint64_t evictions() const { return evictions_; }
    /// Partitions of all sessions together.
    [[nodiscard]] std::size_t partitions() const { return partitions_; }

private:
    using SessionRef = std::shared_ptr<FetchSession>;
    using UseKey = std::pair<Instant, std::int32_t>;
    using SizeKey = std::tuple<bool, std::size_t, std::int32_t>;  // follower, partitions, id

    [[nodiscard]] static std::vector<FetchTarget> targets_of(std::int16_t version,
                                                             const FetchRequest& request,
                                                             const TopicNames& names);
    void begin_incremental(FetchContext& context, std::int16_t version, const FetchRequest& request,
                           Instant now, const TopicNames& names);
    [[nodiscard]] bool make_room(bool is_follower, std::size_t size, Instant now);
    void touch(FetchSession& session, Instant now);
    void forget_order(const FetchSession& session);
    void remove(std::int32_t id);
    [[nodiscard]] static SizeKey size_key(const FetchSession& session);

    std::size_t max_slots_;
    std::map<std::int32_t, SessionRef> sessions_;
    std::set<UseKey> by_use_;
    std::set<SizeKey> evictable_by_all_;
    std::set<SizeKey> evictable_by_followers_;
    std::size_t partitions_ = 0;
    std::uint64_t evictions_ = 0;
};

}  // namespace gregor::replication
