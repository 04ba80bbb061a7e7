// RecordedConsumer: a Consumer whose history is kept: what it polled, which partitions came and
// went, what was committed and fetched of its group's offsets. It is thin: whatever is not here is
// asked of the Consumer itself (`->`).
//
// What stands in the history of ownership (G4):
//
//     assigned   it has the partition from here on
//     revoked    it gave it up, and its group cannot have given it to another before
//     lost       it gave it up, and perhaps late: it had been told so, or is no member any more, as
//                it had not been heard for too long or another has its group.instance.id
//     closed     its process ended
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "clients/consumer/consumer.h"
#include "scenarios/applications/history.h"

namespace gregor::scenarios::applications {

class RecordedConsumer {
public:
    using Partitions = std::set<client::TopicPartition>;

    /// `config.group_id` may be empty: nothing of a group then.
    RecordedConsumer(History& history, Runtime& runtime, std::string name,
                     consumer::ConsumerConfig config);
    /// Notes that it is gone, if nobody closed it.
    ~RecordedConsumer();
    RecordedConsumer(const RecordedConsumer&) = delete;
    RecordedConsumer& operator=(const RecordedConsumer&) = delete;

    [[nodiscard]] Result<void, client::Error> subscribe(std::set<std::string> topics,
                                                        consumer::RebalanceListener listener = {});
    [[nodiscard]] Result<void, client::Error> subscribe_pattern(
        const std::string& regex, consumer::RebalanceListener listener = {});
    [[nodiscard]] Result<consumer::Consumer::Records, client::Error> poll(Duration timeout);
    [[nodiscard]] Result<void, client::Error> close(Duration timeout);
    /// Goes on there; of a partition that is assigned.
    void seek(const client::TopicPartition& partition, protocol::Offset to);

    [[nodiscard]] consumer::Consumer& operator*() { return consumer_; }
    [[nodiscard]] consumer::Consumer* operator->() { return &consumer_; }
    [[nodiscard]] const std::string& name() const { return name_; }
    /// One that may come to pass at any time from now on, as long as its generation lasts.
    [[nodiscard]] bool has_unanswered_commit() const { return *has_unanswered_commit_; }

private:
    [[nodiscard]] consumer::OffsetsObserver observer();
    [[nodiscard]] consumer::RebalanceListener recording(consumer::RebalanceListener listener);
    void assigned(const Partitions& partitions);
    void released(const Partitions& partitions, ReleaseEvent::Why why);
    void note_polled(const consumer::Consumer::Records& records, HistoryTime began);
    void look_at_generation();

    History& history_;
    Runtime& runtime_;
    std::string name_;
    std::string group_;
    std::shared_ptr<bool> has_unanswered_commit_ = std::make_shared<bool>(false);
    bool is_closed_ = false;
    std::int32_t generation_ = -1;  // when it was looked at last
    /// Somebody who had been replaced may have told it of it.
    bool generation_may_be_old_ = false;
    const HistoryTime created_;
    HistoryTime looked_at_;
    /// A time at which it had not joined this generation yet.
    HistoryTime before_generation_;
    /// Of what is assigned and was polled.
    std::map<client::TopicPartition, std::int64_t> positions_;
    consumer::Consumer consumer_;
};

}  // namespace gregor::scenarios::applications
