// LogUnderTest: the process, its end, and what a log that is opened again must still hold (L6, L8).
#include <rapidcheck.h>

#include <algorithm>

#include "tests/property/log/log_process.h"

namespace gregor::log::testing {

LogUnderTest::~LogUnderTest() = default;

void LogUnderTest::start_process(bool clean) {
    LogOptions options = log_options(config_, clean);
    options.log_start_offset = Offset(checkpoint_.start);
    options.recovery_point = Offset(checkpoint_.recovery_point);
    harness_.machine().start(
        [options](Runtime& runtime) { return std::make_unique<Process>(runtime, options); });
    harness_.pass(std::chrono::milliseconds(1));
}

void LogUnderTest::in_process(const std::function<void(Runtime&, Log&)>& body) {
    auto* process = dynamic_cast<Process*>(harness_.machine().program());
    REQUIRE(process != nullptr);
    process->give(body);
    for (int i = 0; i < 1000 && !process->done(); ++i) harness_.pass(std::chrono::milliseconds(10));
    if (const auto thrown = process->take_exception()) std::rethrow_exception(thrown);
    REQUIRE(process->done());
}

void LogUnderTest::end_process(bool power_lost) {
    if (power_lost) {
        harness_.machine().lose_power();
    } else {
        harness_.machine().kill();
    }
    harness_.pass(std::chrono::milliseconds(10));
    REQUIRE(!harness_.machine().running());
}

void LogUnderTest::close_and_reopen(Draw draw) {
    in_process([&](Runtime&, Log& log) {
        RC_ASSERT(log.close().has_value());
        note_checkpoint(log);
        model_.flushed();
    });
    end_process(draw.pick % 2 == 0);
    reopen(Stop::clean);
}

void LogUnderTest::kill_and_reopen(Draw) {
    end_process(false);
    reopen(Stop::killed);
}

void LogUnderTest::lose_power_and_reopen(Draw) {
    end_process(true);
    reopen(Stop::power_lost);
}

void LogUnderTest::reopen(Stop how) {
    start_process(how == Stop::clean);
    in_process([&](Runtime& runtime, Log& log) {
        adopt(log, how);
        compare(runtime, log);
    });
}

/// Holds the log against what may be left, and lets the model go on with what is.
void LogUnderTest::adopt(Log& log, Stop how) {
    const LogModel before = model_;
    const std::int64_t start = log.log_start_offset().value();
    const std::int64_t end = log.log_end_offset().value();
    RC_ASSERT(start >= checkpoint_.start);
    RC_ASSERT(start <= before.start);
    // Behind the last batch there may have been a gap.
    RC_ASSERT(end <= std::max(before.end, start));
    const std::int64_t promised = how == Stop::power_lost ? before.durable : before.end;
    for (const ModelBatch& batch : before.batches) {
        if (batch.next() > promised || batch.next() <= start) continue;
        RC_ASSERT(end >= batch.next());
    }
    if (how == Stop::clean) RC_ASSERT(start == before.start);
    std::erase_if(model_.batches, [end](const ModelBatch& batch) { return batch.next() > end; });
    model_.start = start;
    model_.end = end;
    model_.durable = 0;  // compare() takes the recovery point
    RC_ASSERT(log.high_watermark() == Offset(start));
    log.set_high_watermark(Offset(checkpoint_.high_watermark));
    model_.high_watermark = std::min(std::max(checkpoint_.high_watermark, start), end);
    folded_at_ = end;
    decided_are_known_ = false;
    adopt_epochs(log, before, how);
}

/// L4 after a stop: each batch has its epoch, what was flushed is known, and nothing is made up.
void LogUnderTest::adopt_epochs(const Log& log, const LogModel& before, Stop how) {
    const std::vector<EpochEntry>& found = log.leader_epochs().entries();
    for (std::size_t i = model_.find(model_.start); i < model_.batches.size(); ++i) {
        const ModelBatch& batch = model_.batches[i];
        const auto epoch = log.leader_epochs().epoch_for_offset(Offset(batch.next() - 1));
        RC_ASSERT(epoch == LeaderEpoch(batch.header.partition_leader_epoch));
    }
    const auto has = [](const std::vector<EpochEntry>& entries, LeaderEpoch epoch) {
        return std::any_of(entries.begin(), entries.end(),
                           [epoch](const EpochEntry& entry) { return entry.epoch == epoch; });
    };
    for (std::size_t i = 0; i < before.epochs.size(); ++i) {
        const EpochEntry& entry = before.epochs[i];
        const bool last = i + 1 == before.epochs.size();
        const Offset until = last ? Offset(before.end) : before.epochs[i + 1].start_offset;
        const bool gone = until <= Offset(before.start) || entry.start_offset >= Offset(model_.end);
        if (gone || !has(before.durable_epochs, entry.epoch)) continue;
        RC_ASSERT(has(found, entry.epoch));
    }
    for (const EpochEntry& entry : found) {
        const bool in_batches =
            std::any_of(before.batches.begin(), before.batches.end(), [&](const ModelBatch& batch) {
                return LeaderEpoch(batch.header.partition_leader_epoch) == entry.epoch;
            });
        // A crash may bring back an epoch that wrote nothing and that the next one displaced, if
        // the file was written in between.
        const bool known = how == Stop::clean ? has(before.epochs, entry.epoch)
                                              : before.begun.contains(entry.epoch);
        RC_ASSERT((in_batches || known));
    }
    model_.epochs = model_.durable_epochs = found;  // opening has put them right on the disk, too
    model_.epochs_written();
}

}  // namespace gregor::log::testing
