// Log: recalling what a producer wrote before the one batch of it that a snapshot tells of, so that
// also after a restart a retry of one of its last five batches is answered with its first place.
//
// Looked for once for each producer that a restart left with less, and only when a batch arrives
// that would be refused although it may be such a retry. Backwards, headers only, in the pieces
// that the offset index makes of a segment; the snapshot where a segment begins tells where before
// it the producer wrote last, so that segments without a batch of it are never read:
//
//     segment      |  p  .  p  |  .  .  .  |  .  p  .  |  .  .  P  .  |    P: remembered
//     snapshot      ^none       ^p at 2     ^p at 2     ^p at 7
//     read          <-------|                  <----|   <------|
#include <algorithm>

#include "broker/log/checkpoint_file.h"
#include "broker/log/log.h"
#include "broker/log/producer_snapshot.h"
#include "sim/base/probe.h"

namespace gregor::log {

namespace {

/// The batches of one producer and epoch, taken from the newest to the oldest.
class BatchesOfProducer {
public:
    explicit BatchesOfProducer(const ProducerEntry& entry)
        : id_(entry.producer_id.value()),
          epoch_(entry.producer_epoch.value()),
          wanted_(kRememberedBatches - entry.batches.size()) {}

    [[nodiscard]] bool done() const { return other_epoch_ || newest_first_.size() == wanted_; }

    /// Takes those of the segment that end below `end`.
    [[nodiscard]] Result<void, ErrorCode> take_from(Segment& segment, Offset end) {
        const std::optional<BatchPosition> beyond = TRY(segment.find(end));
        std::uint64_t to = beyond ? beyond->position : segment.size();
        while (to > 0 && !done()) {
            const std::uint64_t from = segment.offset_index().position_below(to);
            TRY(take_piece(segment, from, to));
            to = from;
        }
        return {};
    }

    [[nodiscard]] std::vector<ProducerBatch> oldest_first() && {
        std::reverse(newest_first_.begin(), newest_first_.end());
        return std::move(newest_first_);
    }

private:
    [[nodiscard]] Result<void, ErrorCode> take_piece(const Segment& segment, std::uint64_t from,
                                                     std::uint64_t to) {
        std::vector<BatchHeader> headers;
        BatchScanner scanner(segment.file(), from, to);
        while (true) {
            const auto batch = scanner.next_header();
            // Also for damage: whoever appends must not hear that its batch is the damaged one.
            if (!batch) return fail(ErrorCode::kafka_storage_error);
            if (!*batch) break;
            if ((*batch)->header.producer_id == id_) headers.push_back((*batch)->header);
        }
        for (auto header = headers.rbegin(); header != headers.rend() && !done(); ++header) {
            take(*header);
        }
        return {};
    }

    void take(const BatchHeader& header) {
        // An empty control batch is what the cleaner leaves of a marker; it changes nothing.
        if (header.is_control() && header.record_count == 0) return;
        other_epoch_ = header.producer_epoch != epoch_;
        if (other_epoch_ || header.is_control()) return;
        newest_first_.push_back(producer_batch_of(header));
    }

    std::int64_t id_;
    std::int16_t epoch_;
    std::size_t wanted_;
    std::vector<ProducerBatch> newest_first_;
    bool other_epoch_ = false;
};

}  // namespace

/// Holds the write lock. The first place of a batch that is out of sequence, if it is a retry that
/// only the log remembers.
Result<std::optional<AppendResult>, ErrorCode> Log::recall_duplicate(const BatchHeader& header) {
    const ProducerId id(header.producer_id);
    const ProducerEntry* entry = producers_.find(id);
    if (entry == nullptr || !entry->may_lack(header)) return std::optional<AppendResult>();
    const std::vector<ProducerBatch> earlier = TRY(batches_before_window(ProducerEntry(*entry)));
    // It may have expired while the disk was read.
    if (producers_.find(id) == nullptr) return std::optional<AppendResult>();
    producers_.complete_window(id, earlier);
    runtime_.trace().event("producer_batches_recalled", "partition={} producer_id={} batches={}",
                           partition(), id, earlier.size());
    return find_duplicate(header);
}

Result<std::vector<ProducerBatch>, ErrorCode> Log::batches_before_window(
    const ProducerEntry& entry) {
    BatchesOfProducer found(entry);
    Offset end = entry.batches.front().first_offset();
    while (true) {
        const auto after = segments_.lower_bound(end);
        if (after == segments_.begin()) break;
        const SegmentRef segment = std::prev(after)->second;
        const auto taken = found.take_from(*segment, end);
        if (!taken) return fail(ErrorCode::kafka_storage_error);
        if (found.done()) break;
        PROBE("a producer's batches were recalled from several segments");
        end = TRY(written_below(entry, segment->base_offset()));
    }
    return std::move(found).oldest_first();
}

/// What the producer wrote in this epoch below the segment's begin `base` ends at or below the
/// offset that is given: 0 for nothing.
Result<Offset, ErrorCode> Log::written_below(const ProducerEntry& entry, Offset base) {
    const std::string path = join_path(folder(), segment_file_name(base, kSnapshotSuffix));
    const auto content = read_file_if_there(runtime_.disk(), path);
    if (!content) return fail(ErrorCode::kafka_storage_error);
    const auto snapshot = *content ? decode_producer_snapshot(**content) : std::nullopt;
    if (!snapshot) return base;
    for (const ProducerEntry& before : *snapshot) {
        if (before.producer_id != entry.producer_id) continue;
        if (before.producer_epoch != entry.producer_epoch || before.batches.empty()) break;
        return std::min(base, before.batches.back().last_offset + 1);
    }
    return Offset(0);
}

}  // namespace gregor::log
