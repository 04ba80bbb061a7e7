// Which partition a record goes to, as Kafka's default partitioner has it (KIP-794): the one that
// it names, else by its key's hash, else the sticky one of the topic until batch.size bytes have
// gone there, so that records without a key come in full batches.
#pragma once

#include <cstdint>
#include <span>

#include "broker/protocol/records/murmur2.h"
#include "sim/base/random.h"

namespace gregor::producer {

/// The partition that records without a key of one topic go to at present.
class StickyPartition {
public:
    /// Among `count` partitions (above 0); `available`, those with a leader, if there are any.
    [[nodiscard]] std::int32_t choose(std::int32_t count, std::span<const std::int32_t> available,
                                      Random& random);
    /// `bytes` have gone to the chosen partition; the next one's turn comes at `batch_size`.
    void sent(std::size_t bytes, std::size_t batch_size);

private:
    std::int32_t current_ = -1;
    std::size_t bytes_ = 0;
};

}  // namespace gregor::producer
