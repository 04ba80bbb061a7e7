#include "scenarios/applications/recorded_transactions.h"

#include <vector>

namespace gregor::scenarios::applications {

using protocol::ErrorCode;

namespace {

/// Events that end when they are told to, or in the unknown when they are let go of.
template <class Event>
class Pending {
public:
    Pending(History& history, std::vector<Event> events)
        : history_(history), events_(std::move(events)), began_(history.now()) {}
    Pending(const Pending&) = delete;
    Pending& operator=(const Pending&) = delete;
    ~Pending() {
        for (Event& event : events_) {
            event.result = Outcome::unknown;
            history_.add_unanswered(event, began_);
        }
    }
    void end(Outcome outcome) {
        for (Event& event : std::exchange(events_, {})) {
            event.result = outcome;
            history_.add(event, began_);
        }
    }

private:
    History& history_;
    std::vector<Event> events_;
    HistoryTime began_;
};

/// The group has refused them before anything was written.
bool is_refusal(ErrorCode code) {
    return code == ErrorCode::illegal_generation || code == ErrorCode::unknown_member_id ||
           code == ErrorCode::fenced_instance_id || code == ErrorCode::invalid_txn_state;
}

}  // namespace

RecordedTransactions::Done RecordedTransactions::init() {
    const HistoryTime began = history_.now();
    auto done = producer_->init_transactions();
    if (!done) return done;
    const producer::ProducerIdentity identity = producer_->transactional_identity();
    history_.add(InitEvent{.producer = producer_.name(),
                           .transactional_id = transactional_id_,
                           .result = Outcome::ok,
                           .producer_id = identity.id,
                           .producer_epoch = identity.epoch},
                 began);
    return done;
}

RecordedTransactions::Done RecordedTransactions::begin() {
    auto done = producer_->begin_transaction();
    if (done) {
        history_.add(BeginEvent{.producer = producer_.name(), .transaction = ++number_});
    }
    return done;
}

RecordedTransactions::Done RecordedTransactions::send_offsets(const client::Offsets& offsets,
                                                              const client::GroupMetadata& group,
                                                              std::string_view consumer) {
    std::vector<OffsetCommitEvent> events;
    for (const auto& [partition, offset] : offsets) {
        history_.committing(group.group_id, partition);
        OffsetCommitEvent event{.partition = {partition.topic, partition.partition.value()},
                                .group = group.group_id,
                                .consumer = consumer,
                                .offset = offset.offset.value(),
                                .producer = producer_.name(),
                                .transaction = number_};
        if (group.generation_id >= 0) event.generation = group.generation_id;
        events.push_back(event);
    }
    Pending pending(history_, std::move(events));
    auto done = producer_->send_offsets_to_transaction(offsets, group);
    if (done) {
        pending.end(Outcome::ok);
    } else if (is_refusal(done.error().code)) {
        pending.end(Outcome::fail);
    }
    return done;
}

RecordedTransactions::Done RecordedTransactions::end(bool commit,
                                                     const std::function<bool()>& goes_on) {
    Pending pending(history_,
                    std::vector{FinishEvent{
                        .producer = producer_.name(), .transaction = number_, .commit = commit}});
    for (;;) {
        auto done = commit ? producer_->commit_transaction() : producer_->abort_transaction();
        if (done) {
            pending.end(Outcome::ok);
            return done;
        }
        const bool is_open =
            done.error().code == ErrorCode::request_timed_out && producer_->transaction_is_ending();
        if (!is_open || !goes_on()) return done;
    }
}

}  // namespace gregor::scenarios::applications
