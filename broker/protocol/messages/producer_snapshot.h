// The content of a partition's producer snapshot file (NNNNNNNNNNNNNNNNNNNN.snapshot), after its
// 2-byte version, which is 1.
#pragma once

#include <cstdint>
#include <vector>

#include "broker/protocol/ids.h"
#include "broker/protocol/message.h"

namespace gregor::protocol {

struct ProducerSnapshot {
    static constexpr MessageInfo kMessage{
        .name = "ProducerSnapshot", .kind = MessageKind::data, .versions = {1, 1}};

    /// The last batch of a producer, and its open transaction.
    struct ProducerEntry {
        ProducerId producer_id;
        ProducerEpoch epoch;
        std::int32_t last_sequence = 0;
        Offset last_offset;
        std::int32_t offset_delta = 0;
        std::int64_t timestamp = 0;
        std::int32_t coordinator_epoch = 0;
        Offset current_txn_first_offset;  // -1: no open transaction

        static const Fields& fields();
    };

    std::uint32_t crc = 0;  // CRC-32C of what follows it
    std::vector<ProducerEntry> producer_entries;

    static const Fields& fields();
};

}  // namespace gregor::protocol
