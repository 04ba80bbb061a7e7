#include "scenarios/applications/recorded_consumer.h"

#include <vector>

#include "scenarios/applications/recorded_producer.h"

namespace gregor::scenarios::applications {

using client::Error;
using client::TopicPartition;
using consumer::Generation;
using consumer::Offsets;
using consumer::RebalanceListener;
using protocol::ErrorCode;

namespace {

PartitionName name_of(const TopicPartition& partition) {
    return {partition.topic, partition.partition.value()};
}

/// Refused before anything was written. What was not answered, or answered by a coordinator that
/// resigned or did not hear from its followers, may have been written.
bool is_refusal(ErrorCode code) {
    switch (code) {
        case ErrorCode::unknown_member_id:
        case ErrorCode::illegal_generation:
        case ErrorCode::fenced_instance_id:
        case ErrorCode::fenced_member_epoch:
        case ErrorCode::stale_member_epoch:
        case ErrorCode::rebalance_in_progress:
        case ErrorCode::coordinator_load_in_progress: return true;
        default: return false;
    }
}

/// A commit that is on its way.
class PendingCommit {
public:
    PendingCommit(History& history, OffsetCommitEvent whose, std::string group,
                  std::string consumer, const Offsets& offsets,
                  std::shared_ptr<bool> is_any_unanswered)
        : history_(&history),
          event_(std::move(whose)),
          group_(std::move(group)),
          consumer_(std::move(consumer)),
          offsets_(offsets),
          is_any_unanswered_(std::move(is_any_unanswered)),
          began_(history.now()) {
        for (const auto& [partition, offset] : offsets_) history.committing(group_, partition);
    }
    PendingCommit(PendingCommit&& other) noexcept
        : history_(std::exchange(other.history_, nullptr)),
          event_(other.event_),
          group_(std::move(other.group_)),
          consumer_(std::move(other.consumer_)),
          offsets_(std::move(other.offsets_)),
          is_any_unanswered_(std::move(other.is_any_unanswered_)),
          began_(other.began_) {}
    PendingCommit& operator=(PendingCommit&&) = delete;
    ~PendingCommit() { end(Outcome::unknown); }

    void operator()(const Result<void, Error>& result) {
        if (result) return end(Outcome::ok);
        end(is_refusal(result.error().code) ? Outcome::fail : Outcome::unknown);
    }

private:
    void end(Outcome outcome) {
        if (history_ == nullptr) return;
        if (outcome == Outcome::unknown) *is_any_unanswered_ = true;
        for (const auto& [partition, offset] : offsets_) {
            OffsetCommitEvent event = event_;
            event.group = group_;
            event.consumer = consumer_;
            event.partition = name_of(partition);
            event.offset = offset.offset.value();
            event.result = outcome;
            if (outcome == Outcome::unknown) {
                history_->add_unanswered(event, began_);
            } else {
                history_->add(event, began_);
            }
        }
        history_ = nullptr;
    }

    History* history_;  // nullptr: it is noted
    OffsetCommitEvent event_;
    std::string group_;
    std::string consumer_;
    Offsets offsets_;
    std::shared_ptr<bool> is_any_unanswered_;
    HistoryTime began_;
};

}  // namespace

RecordedConsumer::RecordedConsumer(History& history, Runtime& runtime, std::string name,
                                   consumer::ConsumerConfig config)
    : history_(history),
      runtime_(runtime),
      name_(std::move(name)),
      group_(config.group_id),
      created_(history.now()),
      looked_at_(created_),
      before_generation_(created_),
      consumer_(runtime, std::move(config)) {
    if (!group_.empty()) consumer_.observe(observer());
}

RecordedConsumer::~RecordedConsumer() {
    if (!is_closed_) history_.add(ReleaseEvent{.consumer = name_, .why = ReleaseEvent::Why::ended});
}

// Offsets. ----------------------------------------------------------------------------------------

/// Called on the consumer's fibers, which may outlive this.
consumer::OffsetsObserver RecordedConsumer::observer() {
    History* const history = &history_;
    return {.committing =
                [history, group = group_, name = name_, is_any_unanswered = has_unanswered_commit_](
                    const Offsets& offsets, const Generation& generation) {
                    OffsetCommitEvent whose;
                    if (generation.generation_id >= 0) whose.generation = generation.generation_id;
                    return PendingCommit(*history, whose, group, name, offsets, is_any_unanswered);
                },
            .fetching =
                [history, group = group_](const Partitions& partitions) {
                    return [history, group, partitions, began = history->now(),
                            may_be_old = history->has_replaced_coordinator(group)](
                               const Result<Offsets, Error>& found) {
                        if (!found || may_be_old) return;
                        for (const TopicPartition& each : partitions) {
                            const auto offset = found->find(each);
                            const bool is_there = offset != found->end();
                            history->add(
                                OffsetFetchEvent{
                                    .partition = name_of(each),
                                    .group = group,
                                    .offset = is_there ? offset->second.offset.value() : -1,
                                    .stable = true},
                                began);
                        }
                    };
                }};
}

// Ownership. --------------------------------------------------------------------------------------

Result<void, Error> RecordedConsumer::subscribe(std::set<std::string> topics,
                                                RebalanceListener listener) {
    return consumer_.subscribe(std::move(topics), recording(std::move(listener)));
}

Result<void, Error> RecordedConsumer::subscribe_pattern(const std::string& regex,
                                                        RebalanceListener listener) {
    return consumer_.subscribe_pattern(regex, recording(std::move(listener)));
}

RebalanceListener RecordedConsumer::recording(RebalanceListener listener) {
    const auto lost = listener.lost ? listener.lost : listener.revoked;
    return {.assigned =
                [this, then = std::move(listener.assigned)](const Partitions& partitions) {
                    assigned(partitions);
                    if (then) then(partitions);
                },
            .revoked =
                [this, then = std::move(listener.revoked)](const Partitions& partitions) {
                    if (then) then(partitions);
                    const bool is_held =
                        history_.counts_member(group_, consumer_.generation().member_id);
                    released(partitions,
                             is_held ? ReleaseEvent::Why::revoked : ReleaseEvent::Why::lost);
                },
            .lost =
                [this, lost](const Partitions& partitions) {
                    if (lost) lost(partitions);
                    released(partitions, ReleaseEvent::Why::lost);
                }};
}

void RecordedConsumer::assigned(const Partitions& partitions) {
    look_at_generation();
    // What somebody is told who is no member any more may be as old as the consumer.
    const bool is_current = history_.counts_member(group_, consumer_.generation().member_id);
    const HistoryTime began = is_current ? before_generation_ : created_;
    for (const TopicPartition& each : partitions) {
        AssignEvent event{.partition = name_of(each), .consumer = name_, .group = group_};
        const bool may_begin_anew = !history_.has_committed(group_);
        if (!generation_may_be_old_ && !may_begin_anew && !history_.has_member_epochs()) {
            event.generation = generation_;
        }
        // Without a commit it begins at the log's start, as auto.offset.reset says.
        if (!history_.may_have_commit(group_, each)) event.offset = 0;
        history_.add(event, began);
        positions_.erase(each);
    }
}

void RecordedConsumer::released(const Partitions& partitions, ReleaseEvent::Why why) {
    for (const TopicPartition& each : partitions) {
        history_.add(ReleaseEvent{.partition = name_of(each), .consumer = name_, .why = why});
        positions_.erase(each);
    }
}

/// What others were assigned before it had joined this generation, they were assigned in earlier
/// ones; what they were assigned since may be of a later one already.
void RecordedConsumer::look_at_generation() {
    const std::int32_t generation = consumer_.generation().generation_id;
    const bool may_be_old = !group_.empty() && history_.has_replaced_coordinator(group_);
    if (generation != generation_) {
        before_generation_ = looked_at_;
        generation_may_be_old_ = false;
    }
    generation_may_be_old_ |= may_be_old;
    generation_ = generation;
    looked_at_ = history_.now();
}

// Records. ----------------------------------------------------------------------------------------

Result<consumer::Consumer::Records, Error> RecordedConsumer::poll(Duration timeout) {
    look_at_generation();
    const HistoryTime began = history_.now();
    auto records = consumer_.poll(timeout);
    look_at_generation();
    if (records) note_polled(*records, began);
    return records;
}

void RecordedConsumer::note_polled(const consumer::Consumer::Records& records, HistoryTime began) {
    std::map<TopicPartition, std::vector<PolledRecord>> polled;
    std::vector<std::string> keys;
    for (const consumer::ConsumerRecord& record : records) {
        PolledRecord noted{.offset = record.offset.value()};
        if (record.value) noted.value = text_of(record.value->span());
        if (record.key) {
            noted.key = std::string_view(reinterpret_cast<const char*>(record.key->span().data()),
                                         record.key->size());
        }
        polled[{record.topic, record.partition}].push_back(noted);
    }
    for (const auto& [partition, noted] : polled) {
        PollEvent event{.partition = name_of(partition), .consumer = name_, .records = noted};
        const auto position = positions_.find(partition);
        if (position != positions_.end()) event.position = position->second;
        const std::int64_t end = noted.back().offset + 1;
        positions_[partition] = end;
        if (!group_.empty()) history_.given(group_, partition, end);
        history_.add(event, began);
    }
}

void RecordedConsumer::seek(const TopicPartition& partition, protocol::Offset to) {
    consumer_.seek(partition, {.offset = to});
    positions_.erase(partition);
    history_.add(
        SeekEvent{.partition = name_of(partition), .consumer = name_, .offset = to.value()});
}

Result<void, Error> RecordedConsumer::close(Duration timeout) {
    auto closed = consumer_.close(timeout);
    is_closed_ = true;
    history_.add(ReleaseEvent{.consumer = name_, .why = ReleaseEvent::Why::ended});
    return closed;
}

}  // namespace gregor::scenarios::applications
