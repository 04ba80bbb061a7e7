#include "broker/log/transaction_index.h"

#include <algorithm>

#include "broker/protocol/records/big_endian.h"

namespace gregor::log {

using records::load_big_endian;
using records::store_big_endian;

namespace {
constexpr std::int16_t kVersion = 0;
}

std::optional<TransactionIndex> TransactionIndex::decode(Offset base_offset, ByteSpan bytes) {
    if (bytes.size() % kEntrySize != 0) return std::nullopt;
    TransactionIndex index;
    for (std::size_t at = 0; at < bytes.size(); at += kEntrySize) {
        const std::uint8_t* from = bytes.data() + at;
        if (load_big_endian<std::int16_t>(from) != kVersion) return std::nullopt;
        const AbortedTransaction transaction{
            .producer_id = ProducerId(load_big_endian<std::int64_t>(from + 2)),
            .first_offset = Offset(load_big_endian<std::int64_t>(from + 10)),
            .last_offset = Offset(load_big_endian<std::int64_t>(from + 18)),
            .last_stable_offset = Offset(load_big_endian<std::int64_t>(from + 26)),
        };
        if (transaction.last_offset < base_offset) return std::nullopt;
        if (transaction.first_offset > transaction.last_offset) return std::nullopt;
        if (!index.entries_.empty() &&
            transaction.last_offset <= index.entries_.back().last_offset) {
            return std::nullopt;
        }
        index.entries_.push_back(transaction);
    }
    return index;
}

Bytes TransactionIndex::encode(std::size_t first) const {
    CHECK(first <= entries_.size());
    ByteBuffer out((entries_.size() - first) * kEntrySize);
    for (std::size_t i = first; i < entries_.size(); ++i) {
        const AbortedTransaction& entry = entries_[i];
        std::uint8_t* to = out.extend(kEntrySize);
        store_big_endian(to, kVersion);
        store_big_endian(to + 2, entry.producer_id.value());
        store_big_endian(to + 10, entry.first_offset.value());
        store_big_endian(to + 18, entry.last_offset.value());
        store_big_endian(to + 26, entry.last_stable_offset.value());
    }
    return std::move(out).freeze();
}

void TransactionIndex::append(const AbortedTransaction& transaction) {
    CHECK(transaction.first_offset <= transaction.last_offset);
    if (!entries_.empty()) {
        CHECK(transaction.last_offset > entries_.back().last_offset, "marker at {} after {}",
              transaction.last_offset, entries_.back().last_offset);
    }
    entries_.push_back(transaction);
}

bool TransactionIndex::collect(Offset from, Offset to,
                               std::vector<AbortedTransaction>& found) const {
    for (const AbortedTransaction& entry : entries_) {
        if (entry.last_offset >= from && entry.first_offset < to) found.push_back(entry);
        if (entry.last_stable_offset >= to) return true;
    }
    return false;
}

void TransactionIndex::truncate_to(Offset offset) {
    const auto first = std::lower_bound(
        entries_.begin(), entries_.end(), offset,
        [](const AbortedTransaction& entry, Offset wanted) { return entry.last_offset < wanted; });
    entries_.erase(first, entries_.end());
}

}  // namespace gregor::log
