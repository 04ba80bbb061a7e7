// LogModel: what a log is, as a list of batches with marks on it. Everything else (producers,
// transactions, epochs, answers to searches) is worked out anew from the list each time that it is
// asked for, so that it cannot go wrong in the way that kept state can.
//
//     |--- may be gone ---|------------- batches -------------|
//                       start          durable               end
//                            what a power loss may not take ^
#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "broker/log/leader_epoch_cache.h"
#include "broker/log/transaction_index.h"
#include "tests/support/log_harness.h"

namespace gregor::log::testing {

struct ModelBatch {
    BatchHeader header;
    Bytes bytes;
    std::vector<TimestampOffset> records;
    std::optional<EndTransactionMarker> marker;

    [[nodiscard]] std::int64_t base() const { return header.base_offset; }
    [[nodiscard]] std::int64_t next() const { return header.next_offset(); }
};

/// `bytes`, as a log has them at this place.
[[nodiscard]] ModelBatch place(const Bytes& bytes, std::int64_t base_offset, std::int32_t epoch);

struct ModelProducer {
    std::int16_t epoch = -1;
    std::int32_t last_sequence = -1;
    std::int32_t coordinator_epoch = -1;
    std::int64_t last_data = -1;    // the base offset of its last batch of records
    std::int64_t last_offset = -1;  // of all that it wrote
    std::optional<std::int64_t> open_since;
    std::vector<const ModelBatch*> recent;  // batches of its epoch, oldest first
};

struct ModelTransaction {
    std::int64_t producer_id;
    std::int64_t first;  // offset of its first batch
    std::optional<std::int64_t> marker;
    bool aborted = false;
};

struct LogModel {
    std::vector<ModelBatch> batches;  // those below the start too, whose files may be gone
    std::int64_t start = 0;
    std::int64_t end = 0;
    std::int64_t high_watermark = 0;
    std::int64_t durable = 0;
    std::vector<EpochEntry> epochs;
    std::vector<EpochEntry> durable_epochs;  // as the last answered flush found them
    std::set<LeaderEpoch> begun;  // since they were written last, also those that were displaced

    void add(ModelBatch batch);
    void assign_epoch(std::int32_t epoch, std::int64_t at);
    /// A batch that holds `offset` goes as a whole.
    void truncate_to(std::int64_t offset);
    void start_anew_at(std::int64_t offset);
    void advance_start(std::int64_t offset);
    /// Only now the epochs below it are forgotten: a crash may take a mere mark back.
    void files_gone_below(std::int64_t offset);
    void flushed();
    void epochs_written();

    [[nodiscard]] std::map<std::int64_t, ModelProducer> producers() const;
    [[nodiscard]] std::vector<ModelTransaction> transactions() const;
    /// The first batch that ends at or after `offset`, as an index into `batches`.
    [[nodiscard]] std::size_t find(std::int64_t offset) const;
    /// The first record at or above the start with this timestamp or a larger one (L10).
    [[nodiscard]] std::optional<TimestampOffset> offset_for_time(std::int64_t timestamp) const;
    [[nodiscard]] std::optional<TimestampOffset> offset_of_max_timestamp() const;
    [[nodiscard]] EpochEnd end_offset_for_epoch(std::int32_t epoch) const;
    /// Where the last batch ends; without one, the start.
    [[nodiscard]] std::int64_t end_of_batches() const;
};

}  // namespace gregor::log::testing
