// The power fails at every point of a reference run, in every form that the disk's fault model
// allows for the last change, and the log is recovered and held against what was promised (L1-L11):
//
//   - the recovered log is a piece of what was appended, without a hole and byte for byte;
//   - nothing at or below an answered flush is missing, nothing above a truncation comes back
//     beside what replaced it;
//   - indexes, producers, leader epochs and aborted transactions are what the log says.
#include <cstdio>
#include <map>
#include <optional>

#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

using simulated::CrashPolicy;
using simulated::DiskOperation;
using simulated::DiskStore;

/// What the log may hold if it stops now.
struct Expected {
    std::map<std::int64_t, Bytes> batches;  // by base offset; those on their way are in
    std::int64_t durable = 0;               // batches below it may not be missing
    std::int64_t log_start = 0;             // the log may begin here or before
    std::optional<std::int64_t> restarted;  // it may be empty, at this offset
};

/// A copy of the disk, taken right after a change of it.
struct Moment {
    std::unique_ptr<DiskStore> store;
    std::shared_ptr<const Expected> expected;
    DiskOperation operation;
};

/// One way to lose power. `last_...`: what becomes of the newest change, `others`: of all before
/// it.
class Form final : public CrashPolicy {
public:
    enum class Last : std::uint8_t { keep, lose, prefix, suffix, odd };

    Form(bool others, Last last, std::size_t cut, std::size_t names)
        : others_(others), last_(last), cut_(cut), names_(names) {}

    std::vector<bool> sectors_kept(std::string_view path, std::size_t index, std::size_t count,
                                   std::size_t sectors) override {
        if (index + 1 != count || !path.ends_with(".log")) {
            return std::vector<bool>(sectors, others_);
        }
        most_sectors = std::max(most_sectors, sectors);
        std::vector<bool> kept(sectors, last_ == Last::keep);
        for (std::size_t i = 0; i < sectors; ++i) {
            if (last_ == Last::prefix) kept[i] = i < cut_;
            if (last_ == Last::suffix) kept[i] = i >= cut_;
            if (last_ == Last::odd) kept[i] = i % 2 == 1;
        }
        return kept;
    }
    std::size_t changes_kept(std::string_view, std::size_t pending) override {
        most_changes = std::max(most_changes, pending);
        return std::min(pending, names_);
    }

    std::size_t most_sectors = 0;
    std::size_t most_changes = 0;

private:
    bool others_;
    Last last_;
    std::size_t cut_;
    std::size_t names_;
};

/// Runs a few hundred operations on one log and notes what may be on the disk after each change of
/// it.
class ReferenceRun {
public:
    explicit ReferenceRun(std::uint64_t seed, std::int64_t flush_messages)
        : random_(Random::stream(seed, "reference run")), flush_messages_(flush_messages) {}

    std::vector<Moment> moments;
    std::int64_t operations = 0;

    [[nodiscard]] LogConfigRef config() const {
        LogConfig config = *small_config();
        config.segment_bytes = 1500;
        config.retention_bytes = 6000;
        config.retention_ms = -1;
        config.file_delete_delay_ms = 0;
        config.flush_messages = flush_messages_;
        return std::make_shared<LogConfig>(config);
    }

    void run(int count) {
        LogHarness harness;
        harness.disk().observer = [&](DiskOperation operation, std::string_view) {
            if (log_ == nullptr) return;
            moments.push_back({harness.disk().store->clone(), snapshot(), operation});
        };
        harness.run([&](Runtime& runtime) {
            const auto log = open_log(runtime, log_options(config()));
            log_ = log.get();
            for (int i = 0; i < count; ++i) step(runtime);
            log_ = nullptr;
        });
        harness.disk().observer = {};
    }

private:
    std::shared_ptr<const Expected> snapshot() {
        if (!shared_) shared_ = std::make_shared<Expected>(now_);
        return shared_;
    }
    void changed() { shared_.reset(); }

    void step(Runtime& runtime) {
        ++operations;
        const std::uint64_t choice = random_.below(100);
        if (choice < 70) {
            append_some();
        } else if (choice < 80) {
            flush();
        } else if (choice < 84) {
            REQUIRE(log_->roll());
        } else if (choice < 90) {
            truncate();
        } else if (choice < 94) {
            ++epoch_;
        } else if (choice < 99) {
            retain(runtime);
        } else {
            restart();
        }
        note_durable();
    }

    void append_some() {
        const std::int64_t id = random_.between(std::int64_t{1}, std::int64_t{3});
        const ProducerEntry* entry = log_->producers().find(ProducerId(id));
        const bool open = entry != nullptr && entry->current_txn_first_offset;
        const bool transactional = id != 1;
        Bytes batch;
        if (open && random_.below(3) == 0) {
            batch = build_marker(id, 0, random_.below(2) == 0, tick());
        } else {
            batch = build(
                {.records = static_cast<int>(random_.between(std::int64_t{1}, std::int64_t{4})),
                 .value = std::string(random_.below(random_.below(8) == 0 ? 300 : 60), 'v'),
                 .timestamp = tick(),
                 .producer_id = id,
                 .producer_epoch = 0,
                 .base_sequence = entry == nullptr ? 0 : entry->last_sequence() + 1,
                 .transactional = transactional});
        }
        const auto header = *records::parse_batch_header(batch);
        BatchHeader placed = header;
        placed.base_offset = log_->log_end_offset().value();
        placed.partition_leader_epoch = epoch_;
        ByteBuffer bytes;
        bytes.append(records::encode_batch_header(placed).span());
        bytes.append(batch.span().subspan(kBatchHeaderSize));
        now_.batches.insert_or_assign(placed.base_offset, std::move(bytes).freeze());
        now_.restarted.reset();
        changed();
        const auto result =
            append(*log_, batch, epoch_,
                   header.is_control() ? AppendOrigin::coordinator : AppendOrigin::client);
        REQUIRE(result);
        REQUIRE(result->base_offset == Offset(placed.base_offset));
        log_->set_high_watermark(log_->log_end_offset());
    }

    void flush() {
        REQUIRE(log_->flush());
        REQUIRE(log_->recovery_point() == log_->log_end_offset());
    }

    /// What has been answered as durable; also after an append with flush.messages.
    void note_durable() {
        now_.durable = log_->recovery_point().value();
        changed();
    }

    void truncate() {
        const std::int64_t end = log_->log_end_offset().value();
        const std::int64_t start = log_->log_start_offset().value();
        const std::int64_t target =
            end - random_.between(std::int64_t{0}, std::min<std::int64_t>(end - start, 25));
        // Until it is done the log may end anywhere from here on.
        auto at = now_.batches.upper_bound(target);
        std::int64_t cut = target;
        if (at != now_.batches.begin()) --at;
        if (at != now_.batches.end() && at->first < target) {
            const auto header = *records::parse_batch_header(at->second);
            if (header.next_offset() > target) cut = at->first;
        }
        now_.durable = std::min(now_.durable, cut);
        changed();
        REQUIRE(log_->truncate_to(Offset(target)));
        const std::int64_t now_end = log_->log_end_offset().value();
        REQUIRE(now_end <= target);
        now_.batches.erase(now_.batches.lower_bound(now_end), now_.batches.end());
        ++epoch_;
    }

    void retain(Runtime& runtime) {
        now_.log_start = log_->log_end_offset().value();  // until we know better
        changed();
        REQUIRE(log_->delete_old_segments());
        runtime.clock().sleep_for(std::chrono::milliseconds(1));
        log_->remove_deleted_files();
        now_.log_start = log_->log_start_offset().value();
    }

    void restart() {
        const std::int64_t at = log_->log_end_offset().value() + 10;
        now_.durable = 0;
        now_.restarted = at;
        changed();
        REQUIRE(log_->truncate_fully_and_start_at(Offset(at)));
        now_.batches.clear();
        now_.log_start = at;
    }

    std::int64_t tick() { return time_ += random_.between(std::int64_t{-2}, std::int64_t{10}); }

    Random random_;
    std::int64_t flush_messages_;
    Log* log_ = nullptr;
    Expected now_;
    std::shared_ptr<const Expected> shared_;
    std::int32_t epoch_ = 0;
    std::int64_t time_ = 1'700'000'000'000;
};

/// Recovers what `policy` left of the moment and compares.
void recover_and_compare(const Moment& moment, CrashPolicy& policy, const LogConfigRef& config) {
    LogHarness harness;
    harness.disk().store = moment.store->clone();
    harness.disk().store->crash(policy);
    const Expected& expected = *moment.expected;
    harness.run([&](Runtime& runtime) {
        std::int64_t end = 0;
        {
            const auto log = open_log(runtime, log_options(config));
            log->check_invariants_fully();
            end = log->log_end_offset().value();
            const std::int64_t start = log->log_start_offset().value();
            const auto batches = read_all(*log, Offset(start));
            if (expected.restarted && batches.empty()) {
                REQUIRE((end == *expected.restarted || end == 0 || expected.batches.contains(end)));
            } else {
                INFO("log [" << start << ", " << end << "), durable " << expected.durable
                             << ", log start " << expected.log_start);
                REQUIRE((start <= expected.log_start || batches.empty()));
                REQUIRE(end >= expected.durable);
                std::int64_t next = start;
                for (const StoredBatch& batch : batches) {
                    REQUIRE(batch.header.base_offset == next);
                    const auto at = expected.batches.find(next);
                    REQUIRE(at != expected.batches.end());
                    REQUIRE(at->second == batch.bytes);
                    next = batch.header.next_offset();
                }
                REQUIRE(next == end);
            }
            REQUIRE(append(*log, build({}), 1'000'000)->base_offset == Offset(end));
            REQUIRE(log->close());
        }
        const auto log = open_log(runtime, log_options(config, true));
        REQUIRE(log->log_end_offset() == Offset(end + 1));
        log->check_invariants_fully();
    });
}

std::int64_t try_every_form(const Moment& moment, const LogConfigRef& config) {
    using Last = Form::Last;
    constexpr std::size_t kAll = SIZE_MAX;
    std::int64_t tried = 0;
    const auto attempt = [&](Form form) {
        recover_and_compare(moment, form, config);
        ++tried;
        return form;
    };
    attempt(Form(true, Last::keep, 0, kAll));  // the process was killed
    const Form lost = [&] {
        Form form(false, Last::lose, 0, 0);
        recover_and_compare(moment, form, config);
        ++tried;
        return form;
    }();
    Form seen(true, Last::lose, 0, kAll);
    recover_and_compare(moment, seen, config);
    ++tried;
    attempt(Form(false, Last::keep, 0, kAll));
    attempt(Form(false, Last::lose, 0, kAll));
    attempt(Form(true, Last::keep, 0, 0));
    for (std::size_t names = 1; names < lost.most_changes; ++names) {
        attempt(Form(true, Last::keep, 0, names));
        attempt(Form(false, Last::lose, 0, names));
    }
    for (std::size_t cut = 1; cut < seen.most_sectors; ++cut) {
        attempt(Form(true, Last::prefix, cut, kAll));
        attempt(Form(true, Last::suffix, cut, kAll));
    }
    if (seen.most_sectors > 2) attempt(Form(true, Last::odd, 0, kAll));
    return tried;
}

void crash_everywhere(std::uint64_t seed, std::int64_t flush_messages, int operations) {
    ReferenceRun run(seed, flush_messages);
    run.run(operations);
    std::int64_t tried = 0;
    for (const Moment& moment : run.moments) tried += try_every_form(moment, run.config());
    std::printf("%lld operations, %zu crash points, %lld recoveries\n",
                static_cast<long long>(run.operations), run.moments.size(),
                static_cast<long long>(tried));
    REQUIRE(run.moments.size() > static_cast<std::size_t>(operations));
}

TEST_CASE("a power loss at every change of a run without syncs of its own is recovered from") {
    crash_everywhere(1, kNoLimit, 250);
}

TEST_CASE("a power loss at every change of a run with flush.messages=1 is recovered from") {
    crash_everywhere(2, 1, 120);
}

}  // namespace
}  // namespace gregor::log::testing
