#include "clients/consumer/fetched_records.h"

#include <algorithm>

#include "broker/protocol/records/control_record.h"

namespace gregor::consumer {

using protocol::ErrorCode;
using protocol::LeaderEpoch;
using protocol::Offset;
using protocol::ProducerId;

namespace {

constexpr std::size_t kMaxUncompressedBatch = 1024UL * 1024 * 1024;

}  // namespace

Result<Offset, ErrorCode> FetchedRecords::push(const protocol::FetchResponse::Partition& fetched,
                                               Offset from, bool check_crcs) {
    const Bytes& chunk = fetched.records.bytes();
    std::vector<Aborted> aborted = fetched.aborted_transactions.value_or(std::vector<Aborted>());
    std::ranges::sort(aborted, {}, &Aborted::first_offset);
    auto next_aborted = aborted.begin();
    std::deque<Batch> added;
    Offset end = from;
    records::BatchReader reader(chunk);
    for (;;) {
        const auto batch = reader.next();
        if (!batch || (*batch && check_crcs && !(*batch)->has_valid_crc())) {
            return fail(ErrorCode::corrupt_message);
        }
        if (!*batch) break;
        const records::BatchHeader& header = (*batch)->header;
        const bool is_first = added.empty();
        Batch& last = added.emplace_back(Batch{.header = header,
                                               .bytes = chunk.slice_of((*batch)->bytes),
                                               .aborted = {},
                                               .is_first = is_first});
        while (next_aborted != aborted.end() &&
               next_aborted->first_offset.value() <= header.last_offset()) {
            last.aborted.push_back(*next_aborted++);
        }
        end = std::max(end, Offset(header.next_offset()));
    }
    for (Batch& batch : added) {
        size_ += batch.bytes.size();
        batches_.push_back(std::move(batch));
    }
    return end;
}

FetchedRecords::Taken FetchedRecords::take(Offset position, LeaderEpoch leader_epoch,
                                           std::size_t max_records) {
    Taken taken{.records = {}, .position = position, .leader_epoch = leader_epoch};
    for (;;) {
        while (!open_.empty() && taken.records.size() < max_records) {
            taken.position = open_.front().offset + 1;
            taken.leader_epoch = open_.front().leader_epoch;
            taken.records.push_back(std::move(open_.front()));
            open_.pop_front();
        }
        if (!open_.empty()) return taken;
        if (is_open_) {
            is_open_ = false;
            taken.position = std::max(taken.position, open_end_);
            taken.leader_epoch = open_epoch_;
        }
        if (taken.records.size() >= max_records || batches_.empty()) return taken;
        if (!open_next(taken.position)) {
            taken.is_damaged = true;
            return taken;
        }
    }
}

void FetchedRecords::clear() {
    batches_.clear();
    size_ = 0;
    is_open_ = false;
    open_.clear();
    aborted_producers_.clear();
}

bool FetchedRecords::open_next(Offset position) {
    const Batch batch = std::move(batches_.front());
    batches_.pop_front();
    size_ -= batch.bytes.size();
    is_open_ = true;
    open_end_ = Offset(batch.header.next_offset());
    open_epoch_ = LeaderEpoch(batch.header.partition_leader_epoch);
    if (is_left_out(batch) || read_records(batch, position)) return true;
    clear();
    return false;
}

bool FetchedRecords::is_left_out(const Batch& batch) {
    const records::BatchHeader& header = batch.header;
    if (batch.is_first) aborted_producers_.clear();
    if (isolation_ == IsolationLevel::read_committed) {
        for (const Aborted& each : batch.aborted) aborted_producers_.insert(each.producer_id);
        const ProducerId producer(header.producer_id);
        if (header.is_control()) {
            // Whether it is an abort or a commit: what this producer writes next is of another
            // transaction.
            aborted_producers_.erase(producer);
        } else if (header.is_transactional() && aborted_producers_.contains(producer)) {
            return true;
        }
    }
    return header.is_control();
}

bool FetchedRecords::read_records(const Batch& batch, Offset position) {
    const records::BatchView view{.header = batch.header, .bytes = batch.bytes};
    auto reader = view.open(kMaxUncompressedBatch);
    if (!reader) return false;
    for (;;) {
        const auto record = reader->next();
        if (!record) return false;
        if (*record == nullptr) return true;
        // A fetch gives the whole batch that the position is in.
        if (Offset((*record)->offset) < position) continue;
        open_.push_back(to_record(**record, batch));
    }
}

ConsumerRecord FetchedRecords::to_record(const records::RecordView& view,
                                         const Batch& batch) const {
    // What is not compressed stays where it is, in the fetch's answer.
    const bool is_in_place = batch.header.codec() == records::CompressionCodec::none;
    const auto keep = [&](const std::optional<ByteSpan>& span) -> std::optional<Bytes> {
        if (!span) return std::nullopt;
        return is_in_place ? batch.bytes.slice_of(*span) : Bytes::copy_of(*span);
    };
    ConsumerRecord record{.topic = partition_.topic,
                          .partition = partition_.partition,
                          .offset = Offset(view.offset),
                          .timestamp = view.timestamp,
                          .timestamp_type = batch.header.timestamp_type(),
                          .key = keep(view.key),
                          .value = keep(view.value),
                          .headers = {},
                          .leader_epoch = LeaderEpoch(batch.header.partition_leader_epoch)};
    view.headers.for_each([&](const records::RecordHeader& header) {
        record.headers.push_back({.key = std::string(header.key), .value = keep(header.value)});
    });
    return record;
}

}  // namespace gregor::consumer
