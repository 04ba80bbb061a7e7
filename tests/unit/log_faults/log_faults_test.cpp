// The fault loop: the n-th open, read, write, sync, rename or removal of a fixed script fails, for
// n = 1, 2, 3 … until a run meets no fault. The script is three lives of a node's log directory:
// one that is killed, one that recovers and shuts down, and one that opens cleanly.
//
// After each run, also when the power fails at its end:
//   - somebody was told, but where the work is tried again later by itself;
//   - the directory opens, and its log takes batches;
//   - what an answer has promised to be durable is there, and nothing is there that nobody wrote.
#include <algorithm>
#include <cstdio>
#include <map>

#include "broker/log/log_manager.h"
#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

using simulated::DiskTrouble;
using simulated::FileTrouble;

const protocol::Uuid kTopicId = *protocol::parse_uuid("b53bvqciTUajLGACMHYgyA");
const TopicPartition kOrders{"orders", 0};
const TopicPartition kPassing{"passing", 0};

LogConfigRef script_config() {
    LogConfig config = *small_config();
    config.retention_bytes = 3000;
    config.retention_ms = -1;
    config.file_delete_delay_ms = 0;
    return std::make_shared<LogConfig>(config);
}

/// Loses all that was not synced.
class LoseAll final : public simulated::CrashPolicy {
public:
    std::vector<bool> sectors_kept(std::string_view, std::size_t, std::size_t,
                                   std::size_t sectors) override {
        return std::vector<bool>(sectors, false);
    }
    std::size_t changes_kept(std::string_view, std::size_t) override { return 0; }
};

/// What may and what must be found in the log of kOrders.
struct Books {
    std::multimap<std::int64_t, Bytes> tried;  // by base offset
    std::int64_t durable = 0;
    std::int64_t latest_start = 0;  // the log begins here or before
    bool created = false;
    bool told = false;
};

class Script {
public:
    Script(LogHarness& harness, FileTrouble& trouble, Books& books)
        : harness_(harness), trouble_(trouble), books_(books) {}

    void run() {
        for (int life = 0; life < 3; ++life) {
            harness_.run([&](Runtime& runtime) { live(runtime, life); });
        }
    }

private:
    template <class T, class Error>
    bool well(const Result<T, Error>& result) {
        if (!result) books_.told = true;
        return result.has_value();
    }

    /// Work that nobody waits for and that is tried again.
    void in_background(const std::function<void()>& work) {
        const std::int64_t left = trouble_.left;
        work();
        if (trouble_.left != left) books_.told = true;
    }

    void live(Runtime& runtime, int life) {
        const auto opened = LogManager::open(
            runtime,
            {.folders = {"data"},
             .cluster_id = "cluster",
             .node_id = protocol::NodeId(1),
             .config_of = [](const std::string&) { return script_config(); },
             .on_directory_failure = [this](const DirectoryFailure&) { books_.told = true; }});
        if (!well(opened)) return;
        LogManager& manager = **opened;
        if (!manager.offline().empty()) books_.told = true;
        if (const auto log = manager.create(kOrders, kTopicId); well(log)) {
            books_.created = true;
            use(runtime, manager, **log, life);
            if ((*log)->failure()) books_.told = true;
        }
        if (well(manager.create(kPassing, kTopicId))) {
            (void)well(manager.remove(kPassing));
            in_background([&] { manager.remove_deleted(); });
        }
        if (life == 1 && !manager.shut_down(7)) books_.told = true;
    }

    void use(Runtime& runtime, LogManager& manager, Log& log, int life) {
        if (life > 0) retry_from_before(log);
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 12; ++i) append_one(log, life);
            flush(log);
            (void)well(log.roll());
            for (int i = 0; i < 3; ++i) append_one(log, life);
            read_some(log);
            if (round == 1) truncate(log);
            log.set_high_watermark(log.log_end_offset());
            books_.latest_start = std::max(books_.latest_start, log.high_watermark().value());
            (void)well(log.delete_records(log.log_start_offset() + 2));
            (void)well(manager.checkpoint_log_offsets());
            (void)well(manager.checkpoint_high_watermarks());
            in_background([&] { manager.apply_retention(); });
            runtime.clock().sleep_for(std::chrono::milliseconds(1));
            in_background([&] { manager.remove_deleted(); });
        }
    }

    void append_one(Log& log, int life) {
        const std::int64_t base = log.log_end_offset().value();
        const int epoch = life * 10 + epoch_;
        const bool aborts = ++appended_ % 5 == 0;
        const ProducerEntry* known = log.producers().find(ProducerId(3));
        const bool open = known != nullptr && known->current_txn_first_offset;
        Bytes batch =
            aborts && open
                ? build_marker(3, known->producer_epoch.value(), false)
                : build({.value = std::string(static_cast<std::size_t>(appended_ % 40), 'v'),
                         .timestamp = 1'700'000'000'000 + appended_,
                         .producer_id = 3,
                         .producer_epoch = 0,
                         .base_sequence = known == nullptr ? 0 : known->last_sequence() + 1,
                         .transactional = true});
        BatchHeader placed = *records::parse_batch_header(batch);
        const AppendOrigin origin =
            placed.is_control() ? AppendOrigin::coordinator : AppendOrigin::client;
        placed.base_offset = base;
        placed.partition_leader_epoch = epoch;
        ByteBuffer bytes;
        bytes.append(records::encode_batch_header(placed).span());
        bytes.append(batch.span().subspan(kBatchHeaderSize));
        books_.tried.emplace(base, std::move(bytes).freeze());
        (void)well(append(log, batch, epoch, origin));
    }

    /// A retry of a batch of an earlier life that only the log remembers.
    void retry_from_before(Log& log) {
        const ProducerEntry* known = log.producers().find(ProducerId(3));
        if (known == nullptr || known->batches.empty()) return;
        const std::int64_t first = known->batches.front().first_offset().value();
        for (std::int64_t base = first - 1; base >= log.log_start_offset().value(); --base) {
            const auto tried = books_.tried.upper_bound(base);
            if (tried == books_.tried.begin() || std::prev(tried)->first != base) return;
            const Bytes& batch = std::prev(tried)->second;
            if (records::parse_batch_header(batch)->is_control()) continue;
            const auto retried = append(log, batch);
            if (well(retried)) REQUIRE(retried->duplicate);
            return;
        }
    }

    void flush(Log& log) {
        if (well(log.flush()))
            books_.durable = std::max(books_.durable, log.log_end_offset().value());
    }

    void truncate(Log& log) {
        const Offset target = std::max(log.log_end_offset() - 5, log.log_start_offset());
        books_.durable = std::min(books_.durable, target.value());
        (void)well(log.truncate_to(target));
        ++epoch_;
    }

    void read_some(Log& log) {
        const auto result = log.read({.offset = log.log_start_offset(),
                                      .max_bytes = 500,
                                      .upper_bound = log.log_end_offset(),
                                      .with_aborted = true});
        if (well(result) && result->records.file != nullptr) {
            (void)well(result->records.file->read(result->records.position, result->records.size));
        }
        (void)well(log.offset_for_time(1'700'000'000'005));
        (void)well(log.offset_of_max_timestamp());
    }

    LogHarness& harness_;
    FileTrouble& trouble_;
    Books& books_;
    int appended_ = 0;
    int epoch_ = 0;
};

void verify(LogHarness& harness, const Books& books) {
    harness.run([&](Runtime& runtime) {
        const auto manager = LogManager::open(
            runtime, {.folders = {"data"},
                      .cluster_id = "cluster",
                      .node_id = protocol::NodeId(1),
                      .config_of = [](const std::string&) { return script_config(); }});
        REQUIRE(manager);
        REQUIRE((*manager)->offline().empty());
        const LogRef log = (*manager)->find(kOrders);
        if (log == nullptr) {
            REQUIRE(!books.created);
            return;
        }
        log->check_invariants_fully();
        INFO("log [" << log->log_start_offset().value() << ", " << log->log_end_offset().value()
                     << "), durable " << books.durable);
        REQUIRE(log->log_start_offset() <= Offset(books.latest_start));
        REQUIRE(log->log_end_offset() >= Offset(books.durable));
        std::int64_t next = -1;
        for (const StoredBatch& batch : read_all(*log, log->log_start_offset())) {
            if (next >= 0) REQUIRE(batch.header.base_offset == next);
            next = batch.header.next_offset();
            const auto [from, to] = books.tried.equal_range(batch.header.base_offset);
            REQUIRE(std::any_of(from, to,
                                [&](const auto& tried) { return tried.second == batch.bytes; }));
        }
        if (next >= 0) REQUIRE(log->log_end_offset() == Offset(next));
        REQUIRE(append(*log, build({}), 100));
        REQUIRE((*manager)->shut_down(8));
    });
}

/// False when the script ended before the fault.
bool fail_at(FileTrouble DiskTrouble::* kind, std::int64_t n, bool power_fails) {
    LogHarness harness;
    FileTrouble& trouble = harness.disk().trouble.*kind;
    trouble = {.left = 1, .after = n - 1};
    Books books;
    Script(harness, trouble, books).run();
    const bool fired = trouble.left == 0;
    trouble = {};
    REQUIRE(books.told == fired);
    LoseAll lose_all;
    if (power_fails) harness.machine().lose_power({}, &lose_all);
    verify(harness, books);
    return fired;
}

void fail_everywhere(FileTrouble DiskTrouble::* kind, std::int64_t at_least) {
    std::int64_t n = 1;
    bool fired = true;
    for (; fired; ++n) {
        INFO("operation " << n << " fails");
        fired = fail_at(kind, n, false);
        REQUIRE(fail_at(kind, n, true) == fired);
    }
    std::printf("%lld operations failed, one a run\n", static_cast<long long>(n - 2));
    REQUIRE(n > at_least);
}

TEST_CASE("each open may fail") { fail_everywhere(&DiskTrouble::failing_opens, 50); }
TEST_CASE("each read may fail") { fail_everywhere(&DiskTrouble::failing_reads, 50); }
TEST_CASE("each write may fail") { fail_everywhere(&DiskTrouble::failing_writes, 50); }
TEST_CASE("each sync may fail") { fail_everywhere(&DiskTrouble::failing_syncs, 50); }
TEST_CASE("each rename may fail") { fail_everywhere(&DiskTrouble::failing_renames, 20); }
TEST_CASE("each removal may fail") { fail_everywhere(&DiskTrouble::failing_removes, 10); }

}  // namespace
}  // namespace gregor::log::testing
