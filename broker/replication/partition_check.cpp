// Partition: what must hold of it at any moment, and between two moments.
#include <algorithm>

#include "broker/replication/partition.h"
#include "sim/base/check.h"

namespace gregor::replication {

namespace {

void check_leader(NodeId self, const LeaderRole& leading, const LogMarks& marks) {
    CHECK(leading.epoch_start_offset <= marks.log_end_offset);
    CHECK(!leading.others.contains(self));
    for (const auto& [id, replica] : leading.others) {
        CHECK(replica.log_end_offset() <= marks.log_end_offset, "n{} ends at {}", id,
              replica.log_end_offset());
    }
    for (const NodeId member : leading.isr.maximal()) {
        CHECK(member == self || leading.others.contains(member), "n{} is in sync but no replica",
              member);
    }
    if (const auto& pending = leading.isr.pending()) {
        CHECK(pending->leader_epoch == leading.epoch);
        const std::size_t before = leading.isr.committed().size();
        CHECK(pending->isr.size() != before, "a proposal that changes nothing");
    }
}

}  // namespace

void Partition::check_invariants(const LogMarks& log) const {
    CHECK(marks_.log_start_offset <= marks_.last_stable_offset, "{} > {}", marks_.log_start_offset,
          marks_.last_stable_offset);
    CHECK(marks_.last_stable_offset <= marks_.high_watermark, "{} > {}", marks_.last_stable_offset,
          marks_.high_watermark);
    CHECK(marks_.high_watermark <= marks_.log_end_offset, "{} > {}", marks_.high_watermark,
          marks_.log_end_offset);
    // The log may be ahead of what it was told here, never behind.
    CHECK(marks_.log_end_offset <= log.log_end_offset);
    CHECK(marks_.log_start_offset <= log.log_start_offset);
    CHECK(marks_.high_watermark == log.high_watermark, "{} != {}", marks_.high_watermark,
          log.high_watermark);
    if (const LeaderRole* leading = leader()) check_leader(self_, *leading, marks_);
}

PartitionStamp Partition::stamp() const {
    return {.leader_epoch = leader_epoch(),
            .partition_epoch = partition_epoch_,
            .marks = marks_,
            .truncations = truncations_,
            .is_offline = is_offline()};
}

void Partition::check_change(const PartitionStamp& before) const {
    if (before.is_offline) CHECK(is_offline(), "a failed log came back");
    if (before.leader_epoch && leader_epoch()) {
        CHECK(*leader_epoch() >= *before.leader_epoch, "epoch {} after {}", *leader_epoch(),
              *before.leader_epoch);
        if (*leader_epoch() == *before.leader_epoch) {
            CHECK(partition_epoch_ >= before.partition_epoch, "partition epoch {} after {}",
                  partition_epoch_, before.partition_epoch);
        }
    }
    if (truncations_ != before.truncations) return;
    CHECK(marks_.log_start_offset >= before.marks.log_start_offset);
    CHECK(marks_.high_watermark >= before.marks.high_watermark, "{} after {}",
          marks_.high_watermark, before.marks.high_watermark);
    CHECK(marks_.log_end_offset >= before.marks.log_end_offset, "{} after {}",
          marks_.log_end_offset, before.marks.log_end_offset);
}

}  // namespace gregor::replication
