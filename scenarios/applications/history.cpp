#include "scenarios/applications/history.h"

#include <algorithm>

#include "scenarios/checkers/anomalies/event_writer.h"
#include "sim/base/check.h"

namespace gregor::scenarios::applications {

using client::TopicPartition;

namespace {

TopicPartition owned(const PartitionName& name) {
    return {std::string(name.topic), protocol::PartitionId(name.partition)};
}

std::int64_t find_or_zero(const auto& map, const auto& key) {
    const auto found = map.find(key);
    return found == map.end() ? 0 : found->second;
}

}  // namespace

History::History(const HistorySettings& settings, HistoryWorld world)
    : world_(std::move(world)),
      has_member_epochs_(settings.consumer_protocol),
      checker_(std::make_unique<HistoryChecker>(settings)) {
    if (world_.line) world_.line(head_line(settings));
}

void History::take(HistoryEventBody body, HistoryTime began, HistoryTime ended) {
    if (verdict_) return;
    const HistoryEvent event{
        .line = next_line_++, .began = began, .ended = ended, .body = std::move(body)};
    ++events_;
    count(event.body);
    if (world_.line) world_.line(event_line(event));
    const auto taken = checker_->take(event);
    CHECK(taken.has_value(), "the history contradicts itself: {}: {}", event_line(event),
          taken.error());
}

void History::note(std::string_view text) {
    if (verdict_) return;
    ++next_line_;
    if (world_.line) world_.line(fmt::format(R"({{"op": "note", "text": "{}"}})", text));
}

void History::count(const HistoryEventBody& body) {
    if (const auto* const send = std::get_if<SendEvent>(&body)) {
        if (send->result == Outcome::ok) ++acknowledged_;
        if (!send->offset) return;
        std::int64_t& end = ends_[owned(send->partition)];
        end = std::max(end, *send->offset + 1);
    } else if (const auto* const poll = std::get_if<PollEvent>(&body)) {
        records_read_ += poll->records.size();
        if (poll->records.empty()) return;
        std::int64_t& end = ends_[owned(poll->partition)];
        end = std::max(end, poll->records.back().offset + 1);
    } else if (const auto* const commit = std::get_if<OffsetCommitEvent>(&body)) {
        if (commit->result != Outcome::ok) return;
        std::string group(commit->group);
        if (commit->transaction) {
            undecided_[{std::string(commit->producer), *commit->transaction}] = std::move(group);
        } else {
            committed_.insert(std::move(group));
        }
    } else if (const auto* const finish = std::get_if<FinishEvent>(&body)) {
        const auto undecided =
            undecided_.extract({std::string(finish->producer), finish->transaction});
        const bool is_committed = finish->commit && finish->result == Outcome::ok;
        if (is_committed && !undecided.empty()) committed_.insert(undecided.mapped());
    } else if (const auto* const init = std::get_if<InitEvent>(&body)) {
        if (!init->producer_id || init->transactional_id.empty()) return;
        transactional_producers_[std::string(init->transactional_id)] = {*init->producer_id,
                                                                         init->producer_epoch};
    }
}

std::int64_t History::end_of(const TopicPartition& partition) const {
    return find_or_zero(ends_, partition);
}

std::int64_t History::given_to(const std::string& group, const TopicPartition& partition) const {
    return find_or_zero(given_, GroupPartition(group, partition));
}

bool History::may_have_commit(const std::string& group, const TopicPartition& partition) const {
    return committing_.contains({group, partition});
}

void History::given(const std::string& group, const TopicPartition& partition, std::int64_t end) {
    std::int64_t& known = given_[{group, partition}];
    known = std::max(known, end);
}

void History::committing(const std::string& group, const TopicPartition& partition) {
    committing_[{group, partition}] = true;
}

const HistoryVerdict& History::finish() {
    if (!verdict_) verdict_ = checker_->finish();
    return *verdict_;
}

}  // namespace gregor::scenarios::applications
