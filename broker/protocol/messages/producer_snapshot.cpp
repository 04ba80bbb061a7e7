#include "broker/protocol/messages/producer_snapshot.h"

namespace gregor::protocol {

const Fields& ProducerSnapshot::ProducerEntry::fields() {
    using M = ProducerSnapshot::ProducerEntry;
    static const Fields fields = describe<M>({
        field("producer_id", &M::producer_id),
        field("epoch", &M::epoch),
        field("last_sequence", &M::last_sequence),
        field("last_offset", &M::last_offset),
        field("offset_delta", &M::offset_delta),
        field("timestamp", &M::timestamp),
        field("coordinator_epoch", &M::coordinator_epoch),
        field("current_txn_first_offset", &M::current_txn_first_offset),
    });
    return fields;
}

const Fields& ProducerSnapshot::fields() {
    using M = ProducerSnapshot;
    static const Fields fields = describe<M>({
        field("crc", &M::crc),
        field("producer_entries", &M::producer_entries),
    });
    return fields;
}

}  // namespace gregor::protocol
