#include "clients/producer/partitioner.h"

namespace gregor::producer {

std::int32_t StickyPartition::choose(std::int32_t count, std::span<const std::int32_t> available,
                                     Random& random) {
    CHECK(count > 0);
    if (current_ >= 0 && current_ < count) return current_;
    current_ = available.empty()
                   ? static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(count)))
                   : random.pick(available);
    return current_;
}

void StickyPartition::sent(std::size_t bytes, std::size_t batch_size) {
    bytes_ += bytes;
    if (bytes_ < batch_size) return;
    current_ = -1;
    bytes_ = 0;
}

}  // namespace gregor::producer
