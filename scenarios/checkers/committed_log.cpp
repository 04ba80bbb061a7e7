#include "scenarios/checkers/committed_log.h"

#include <fmt/format.h>

#include <algorithm>

namespace gregor::scenarios {

namespace {

std::string describe(const SeenBatch& batch) {
    return fmt::format("offsets {} to {} of epoch {} ({})", batch.base_offset, batch.last_offset,
                       batch.leader_epoch, to_string(batch.digest).substr(0, 8));
}

std::size_t find_batch(const std::vector<SeenBatch>& batches, Offset base) {
    const auto found = std::ranges::lower_bound(batches, base, {}, &SeenBatch::base_offset);
    return static_cast<std::size_t>(found - batches.begin());
}

}  // namespace

std::optional<std::string> CommittedLog::compare(const SeenLog& log, Offset limit,
                                                 Agreement& agreement) const {
    const std::vector<SeenBatch>& own = log.batches;
    std::size_t& i = agreement.batches;
    if (batches_.empty() || i >= own.size()) return std::nullopt;
    for (std::size_t j = find_batch(batches_, own[i].base_offset);
         i < own.size() && own[i].last_offset < limit; ++i) {
        if (own[i].last_offset < batches_.front().base_offset) continue;
        if (own[i].base_offset >= end_ || j == batches_.size()) break;
        if (own[i] != batches_[j]) {
            return fmt::format("it has {} where {} is committed", describe(own[i]),
                               describe(batches_[j]));
        }
        ++j;
    }
    return std::nullopt;
}

std::span<const SeenBatch> CommittedLog::between(Offset from, Offset to) const {
    const auto first = std::ranges::lower_bound(batches_, from, {}, &SeenBatch::last_offset);
    const auto last = std::ranges::lower_bound(batches_, to, {}, &SeenBatch::base_offset);
    return first < last ? std::span(first, last) : std::span<const SeenBatch>();
}

std::optional<std::string> CommittedLog::find_missing(const SeenLog& log, Offset log_start,
                                                      const Agreement& agreement) const {
    if (batches_.empty()) return std::nullopt;
    // After a loss a high watermark may stand inside a batch; that one is not committed yet.
    const Offset end = batches_.back().last_offset + 1;
    Offset agreed = log_start;
    if (agreement.batches > 0) {
        agreed = std::max(agreed, log.batches[agreement.batches - 1].last_offset + 1);
    }
    if (agreed >= end) return std::nullopt;
    return fmt::format("it agrees up to {}, and what is below {} is committed", agreed, end);
}

void CommittedLog::extend(const SeenLog& log, Offset high_watermark) {
    if (high_watermark <= end_) return;
    std::size_t i = 0;
    if (!batches_.empty()) i = find_batch(log.batches, batches_.back().last_offset + 1);
    for (; i < log.batches.size() && log.batches[i].last_offset < high_watermark; ++i) {
        batches_.push_back(log.batches[i]);
    }
    end_ = high_watermark;
}

void CommittedLog::clear() {
    batches_.clear();
    end_ = Offset(0);
}

std::optional<std::string> EverWritten::add(const SeenLog& log, std::size_t from) {
    std::optional<std::string> wrong;
    for (std::size_t i = from; i < log.batches.size(); ++i) {
        const SeenBatch& batch = log.batches[i];
        const auto [known, is_new] =
            batches_.try_emplace({batch.base_offset, batch.leader_epoch}, batch);
        if (is_new || wrong || known->second == batch) continue;
        wrong =
            fmt::format("it has {}, and there were {}", describe(batch), describe(known->second));
    }
    return wrong;
}

}  // namespace gregor::scenarios
