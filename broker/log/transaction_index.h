// TransactionIndex: the aborted transactions whose marker lies in one segment.
//
// Kafka's `.txnindex`: entries of 34 bytes {int16 version 0, int64 producer id, int64 first offset,
// int64 last offset (the marker's), int64 last stable offset when it was written}, in the order of
// markers. The file exists only if there is an entry. A read_committed fetch of [from, to) needs
// every aborted transaction that overlaps the range; as soon as an entry says that the log was
// stable up to `to` when it was written, no later one can overlap and the search ends.
//
// Pure, as OffsetIndex is.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "broker/log/log_types.h"
#include "sim/base/bytes.h"

namespace gregor::log {

struct AbortedTransaction {
    ProducerId producer_id{-1};
    Offset first_offset{-1};
    Offset last_offset{-1};         // of the abort marker
    Offset last_stable_offset{-1};  // right after the marker

    friend bool operator==(const AbortedTransaction&, const AbortedTransaction&) = default;
};

class TransactionIndex {
public:
    static constexpr std::size_t kEntrySize = 34;

    /// The index in `bytes`; nothing if they are damaged, or if a marker lies outside
    /// [base_offset, ...) or before its predecessor's.
    [[nodiscard]] static std::optional<TransactionIndex> decode(Offset base_offset, ByteSpan bytes);
    [[nodiscard]] Bytes encode(std::size_t first = 0) const;

    /// `transaction`'s marker follows every other marker here.
    void append(const AbortedTransaction& transaction);
    /// Adds those that overlap [from, to) to `found`; true when no later segment can hold more.
    bool collect(Offset from, Offset to, std::vector<AbortedTransaction>& found) const;
    /// Drops entries whose marker is at or after `offset`.
    void truncate_to(Offset offset);
    void clear() { entries_.clear(); }

    [[nodiscard]] const std::vector<AbortedTransaction>& entries() const { return entries_; }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }

private:
    std::vector<AbortedTransaction> entries_;
};

}  // namespace gregor::log
