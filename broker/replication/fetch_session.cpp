#include "broker/replication/fetch_session.h"

#include <limits>
#include <utility>

#include "sim/base/check.h"
#include "sim/base/planted.h"
#include "sim/base/probe.h"

namespace gregor::replication {

namespace {

/// As the high watermark that was sent last; only a planted bug has it.
constexpr std::int64_t kSilent = -2;

}  // namespace

std::int32_t next_session_epoch(std::int32_t epoch) {
    if (epoch < 0) return kFinalSessionEpoch;
    return epoch == std::numeric_limits<std::int32_t>::max() ? 1 : epoch + 1;
}

// ---- A session ----

FetchSession::Key FetchSession::key_of(const std::string& topic, const TopicId& topic_id,
                                       std::int32_t partition) const {
    if (uses_topic_ids_) return {topic_id, std::string(), partition};
    return {TopicId{}, topic, partition};
}

FetchSession::Entry& FetchSession::set(FetchTarget target) {
    Key key = key_of(target.topic, target.topic_id, target.wanted.partition.value());
    const auto known = index_.find(key);
    if (known != index_.end()) {
        known->second->target = std::move(target);
        return *known->second;
    }
    order_.push_back({.target = std::move(target)});
    index_.emplace(std::move(key), std::prev(order_.end()));
    return order_.back();
}

bool FetchSession::note_sent(Entry& entry, const FetchResponse::Partition& data) {
    if (PLANTED(session_silent_after_error) && entry.high_watermark == kSilent) return false;
    bool is_news = data.records.size() > 0;
    entry.sent_records = is_news;
    if (entry.high_watermark != data.high_watermark.value()) {
        entry.high_watermark = data.high_watermark.value();
        is_news = true;
    }
    if (entry.log_start_offset != data.log_start_offset.value()) {
        entry.log_start_offset = data.log_start_offset.value();
        is_news = true;
    }
    if (data.preferred_read_replica != protocol::kNoNode) is_news = true;
    if (data.diverging_epoch.epoch != protocol::kNoLeaderEpoch) is_news = true;
    if (data.error_code != ErrorCode::none) {
        entry.high_watermark = PLANTED(session_silent_after_error) ? kSilent : -1;
        is_news = true;
    }
    return is_news;
}

// ---- Taking a request ----

std::vector<FetchTarget> FetchSessionCache::targets_of(std::int16_t version,
                                                       const FetchRequest& request,
                                                       const TopicNames& names) {
    std::size_t count = 0;
    for (const FetchRequest::Topic& topic : request.topics) count += topic.partitions.size();
    std::vector<FetchTarget> targets;
    targets.reserve(count);
    for (const FetchRequest::Topic& topic : request.topics) {
        FetchTarget target{.topic = topic.topic, .topic_id = topic.topic_id};
        if (version >= kFirstFetchVersionWithTopicIds) {
            target.topic = names(topic.topic_id).value_or("");
        }
        for (const FetchRequest::Partition& partition : topic.partitions) {
            target.wanted = partition;
            targets.push_back(target);
        }
    }
    return targets;
}

FetchContext FetchSessionCache::begin(std::int16_t version, const FetchRequest& request,
                                      bool is_follower, Instant now, const TopicNames& names) {
    FetchContext context;
    context.is_follower_ = is_follower;
    context.uses_topic_ids_ = version >= kFirstFetchVersionWithTopicIds;
    context.epoch_ = request.session_epoch;
    if (request.session_epoch != kInitialSessionEpoch &&
        request.session_epoch != kFinalSessionEpoch) {
        begin_incremental(context, version, request, now, names);
        return context;
    }
    if (request.session_id != 0) remove(request.session_id);
    context.kind_ = request.session_epoch == kInitialSessionEpoch ? FetchContext::Kind::full
                                                                  : FetchContext::Kind::sessionless;
    context.targets_ = targets_of(version, request, names);
    return context;
}

void FetchSessionCache::begin_incremental(FetchContext& context, std::int16_t version,
                                          const FetchRequest& request, Instant now,
                                          const TopicNames& names) {
    const auto refuse = [&context](ErrorCode error) {
        context.kind_ = FetchContext::Kind::refused;
        context.error_ = error;
    };
    const auto known = sessions_.find(request.session_id);
    if (known == sessions_.end()) return refuse(ErrorCode::fetch_session_id_not_found);
    const SessionRef session = known->second;
    if (session->epoch_ != request.session_epoch) {
        PROBE("a fetch session epoch was refused");
        return refuse(ErrorCode::invalid_fetch_session_epoch);
    }
    if (session->uses_topic_ids_ != context.uses_topic_ids_) {
        return refuse(ErrorCode::fetch_session_topic_id_error);
    }
    for (FetchTarget& target : targets_of(version, request, names)) {
        session->set(std::move(target));
    }
    bool forgot_records = false;
    for (const FetchRequest::ForgottenTopic& topic : request.forgotten_topics_data) {
        for (const protocol::PartitionId partition : topic.partitions) {
            const auto entry = session->index_.find(
                session->key_of(topic.topic, topic.topic_id, partition.value()));
            if (entry == session->index_.end()) continue;
            forgot_records = forgot_records || entry->second->sent_records;
            session->order_.erase(entry->second);
            session->index_.erase(entry);
        }
    }
    // Until the client adds or changes something it is still busy with what it put aside.
    if (forgot_records) {
        session->client_holds_records_ = true;
    } else if (!request.topics.empty()) {
        session->client_holds_records_ = false;
    }
    context.client_holds_records_ = session->client_holds_records_;
    if (session->index_.empty()) {
        remove(session->id_);
        context.kind_ = FetchContext::Kind::sessionless;
        return;
    }
    session->epoch_ = next_session_epoch(session->epoch_);
    touch(*session, now);
    context.kind_ = FetchContext::Kind::incremental;
    context.session_ = session;
    context.targets_.reserve(session->index_.size());
    for (FetchSession::Entry& entry : session->order_) {
        if (session->uses_topic_ids_ && entry.target.topic.empty()) {
            entry.target.topic = names(entry.target.topic_id).value_or("");
        }
        context.targets_.push_back(entry.target);
    }
}

// ---- Giving an answer ----

FetchVerdict FetchSessionCache::finish(FetchContext& context,
                                       const std::vector<FetchResponse::Partition>& answers,
                                       Instant now, Random& random) {
    FetchVerdict verdict;
    if (context.kind_ == FetchContext::Kind::refused) {
        verdict.error = context.error_;
        return verdict;
    }
    CHECK(answers.size() == context.targets_.size());
    if (context.kind_ != FetchContext::Kind::incremental) {
        for (std::size_t i = 0; i < answers.size(); ++i) verdict.included.push_back(i);
        if (context.kind_ != FetchContext::Kind::full || answers.empty()) return verdict;
        if (!make_room(context.is_follower_, answers.size(), now)) return verdict;
        auto session = std::make_shared<FetchSession>();
        do {
            session->id_ = static_cast<std::int32_t>(
                random.between(1, std::numeric_limits<std::int32_t>::max()));
        } while (sessions_.contains(session->id_));
        session->is_follower_ = context.is_follower_;
        session->uses_topic_ids_ = context.uses_topic_ids_;
        session->epoch_ = next_session_epoch(kInitialSessionEpoch);
        session->created_ = now;
        for (std::size_t i = 0; i < answers.size(); ++i) {
            FetchSession::Entry& entry = session->set(context.targets_[i]);
            static_cast<void>(session->note_sent(entry, answers[i]));
        }
        sessions_.emplace(session->id_, session);
        touch(*session, now);
        verdict.session_id = session->id_;
        return verdict;
    }

    FetchSession& session = *context.session_;
    if (session.epoch_ != next_session_epoch(context.epoch_)) {
        verdict.error = ErrorCode::invalid_fetch_session_epoch;
        return verdict;
    }
    verdict.session_id = session.id_;
    for (std::size_t i = 0; i < answers.size(); ++i) {
        const FetchTarget& target = context.targets_[i];
        const auto entry = session.index_.find(
            session.key_of(target.topic, target.topic_id, target.wanted.partition.value()));
        if (entry == session.index_.end()) continue;
        if (!session.note_sent(*entry->second, answers[i])) continue;
        verdict.included.push_back(i);
        // Whoever was served goes behind the others, so that none is starved by max_bytes.
        if (answers[i].records.size() > 0) {
            session.order_.splice(session.order_.end(), session.order_, entry->second);
        }
    }
    return verdict;
}

// ---- The cache ----

FetchSessionCache::SizeKey FetchSessionCache::size_key(const FetchSession& session) {
    return {session.is_follower_, session.cached_size_, session.id_};
}

void FetchSessionCache::forget_order(const FetchSession& session) {
    if (!session.cached_) return;
    by_use_.erase({session.last_used_, session.id_});
    evictable_by_all_.erase(size_key(session));
    evictable_by_followers_.erase(size_key(session));
    partitions_ -= session.cached_size_;
}

void FetchSessionCache::touch(FetchSession& session, Instant now) {
    forget_order(session);
    session.cached_ = true;
    session.last_used_ = now;
    session.cached_size_ = session.size();
    by_use_.insert({now, session.id_});
    const bool is_old = now - session.created_ > kEvictionAge;
    if (!session.is_follower_ || is_old) evictable_by_followers_.insert(size_key(session));
    if (is_old) evictable_by_all_.insert(size_key(session));
    partitions_ += session.cached_size_;
}

void FetchSessionCache::remove(std::int32_t id) {
    const auto it = sessions_.find(id);
    if (it == sessions_.end()) return;
    forget_order(*it->second);
    it->second->cached_ = false;
    sessions_.erase(it);
}

bool FetchSessionCache::make_room(bool is_follower, std::size_t size, Instant now) {
    if (sessions_.size() < max_slots_) return true;
    if (sessions_.empty()) return false;  // no slots at all
    const UseKey oldest = *by_use_.begin();
    if (now - oldest.first > kEvictionAge) {
        remove(oldest.second);
        ++evictions_;
        return true;
    }
    const std::set<SizeKey>& evictable = is_follower ? evictable_by_followers_ : evictable_by_all_;
    if (evictable.empty()) return false;
    const SizeKey smallest = *evictable.begin();
    if (SizeKey{is_follower, size, 0} < smallest) return false;
    PROBE("a fetch session pushed out a smaller one");
    remove(std::get<2>(smallest));
    ++evictions_;
    return true;
}

}  // namespace gregor::replication
