// The records of one partition that have been fetched and not been returned yet. Pure.
//
//     position                                          end
//        v                                               v
//        [ rest of the open batch ][ batch ][ batch ] …  ) <- fetched from here on
//
// Batches are checked when they come and opened one at a time. Batches of aborted transactions are
// left out under read_committed, as are control batches always (KIP-98).
#pragma once

#include <deque>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/protocol/error_code.h"
#include "broker/protocol/messages/fetch.h"
#include "broker/protocol/records/batch_reader.h"
#include "clients/client/topic_partition.h"
#include "clients/consumer/config.h"
#include "sim/base/bytes.h"

namespace gregor::consumer {

struct ConsumerRecord {
    struct Header {
        std::string key;
        std::optional<Bytes> value;
    };

    std::string topic;
    protocol::PartitionId partition;
    protocol::Offset offset;
    std::int64_t timestamp = records::kNoTimestamp;  // ms
    records::TimestampType timestamp_type = records::TimestampType::create_time;
    std::optional<Bytes> key;
    std::optional<Bytes> value;
    std::vector<Header> headers;
    protocol::LeaderEpoch leader_epoch = protocol::kNoLeaderEpoch;
};

class FetchedRecords {
public:
    FetchedRecords(client::TopicPartition partition, IsolationLevel isolation)
        : partition_(std::move(partition)), isolation_(isolation) {}

    /// What came from a fetch; where the next one begins. CORRUPT_MESSAGE: nothing is taken.
    [[nodiscard]] Result<protocol::Offset, protocol::ErrorCode> push(
        const protocol::FetchResponse::Partition& fetched, protocol::Offset from, bool check_crcs);

    struct Taken {
        std::vector<ConsumerRecord> records;
        protocol::Offset position;           // after them, and after what is left out
        protocol::LeaderEpoch leader_epoch;  // of what is before the position
        bool is_damaged = false;             // a batch whose records cannot be read comes next
    };
    /// At most so many records from `position` on.
    [[nodiscard]] Taken take(protocol::Offset position, protocol::LeaderEpoch leader_epoch,
                             std::size_t max_records);

    [[nodiscard]] bool empty() const { return batches_.empty() && !is_open_; }
    /// Bytes of the batches that have not been opened.
    [[nodiscard]] std::size_t size_in_bytes() const { return size_; }
    void clear();

private:
    using Aborted = protocol::FetchResponse::AbortedTransaction;

    struct Batch {
        records::BatchHeader header;
        Bytes bytes;
        std::vector<Aborted> aborted;  // that begin at or before its end and after the last one's
        bool is_first = false;         // of its fetch, which tells all that concerns it
    };

    /// False if its records cannot be read.
    [[nodiscard]] bool open_next(protocol::Offset position);
    [[nodiscard]] bool read_records(const Batch& batch, protocol::Offset position);
    [[nodiscard]] ConsumerRecord to_record(const records::RecordView& view,
                                           const Batch& batch) const;
    /// Whether the batch's records are for nobody: markers, and what was aborted.
    [[nodiscard]] bool is_left_out(const Batch& batch);

    client::TopicPartition partition_;
    IsolationLevel isolation_;
    std::deque<Batch> batches_;
    std::size_t size_ = 0;
    bool is_open_ = false;
    std::deque<ConsumerRecord> open_;
    protocol::Offset open_end_;
    protocol::LeaderEpoch open_epoch_;
    std::set<protocol::ProducerId> aborted_producers_;
};

}  // namespace gregor::consumer
