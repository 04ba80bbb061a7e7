// LogHarness: a simulated machine whose processes run one test body each, and what its logs are
// fed.
#pragma once

#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "broker/log/log.h"
#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_reader.h"
#include "sim/simulated/world.h"
#include "tests/support/catch.h"

namespace gregor::log::testing {

class LogHarness {
public:
    explicit LogHarness(std::uint64_t seed = 1,
                        WallTime wall_start = WallTime(std::chrono::seconds(1'700'000'000)))
        : world_(seed, options(wall_start)), machine_(world_.add_machine("n1", model())) {}

    /// Runs `body` as a process of the machine, to its end; what it throws is thrown on.
    void run(std::function<void(Runtime&)> body) {
        std::exception_ptr thrown;
        bool ended = false;
        machine_.start([&](Runtime& runtime) -> std::unique_ptr<simulated::Program> {
            return std::make_unique<Body>(runtime, body, thrown, ended);
        });
        while (!ended && world_.run_for(std::chrono::hours(1))) {
        }
        world_.run_for(std::chrono::milliseconds(1));
        if (thrown) std::rethrow_exception(thrown);
        REQUIRE(ended);
    }

    [[nodiscard]] simulated::DiskHardware& disk() { return machine_.disk(); }
    [[nodiscard]] simulated::World& world() { return world_; }
    [[nodiscard]] simulated::Machine& machine() { return machine_; }
    void pass(Duration time) { world_.run_for(time); }

private:
    class Body final : public simulated::Program {
    public:
        Body(Runtime& runtime, const std::function<void(Runtime&)>& body,
             std::exception_ptr& thrown, bool& ended)
            : runtime_(runtime), body_(body), thrown_(thrown), ended_(ended) {}
        void run() override {
            try {
                body_(runtime_);
            } catch (const Cancelled&) {
                throw;
            } catch (...) {
                thrown_ = std::current_exception();
            }
            ended_ = true;
        }
        void request_stop() override {}

    private:
        Runtime& runtime_;
        const std::function<void(Runtime&)>& body_;
        std::exception_ptr& thrown_;
        bool& ended_;
    };

    static simulated::WorldOptions options(WallTime wall_start) {
        simulated::WorldOptions options;
        options.wall_start = wall_start;
        options.stack_size = std::size_t{2} << 20;  // test bodies build JSON and messages on it
        return options;
    }
    static simulated::MachineModel model() {
        simulated::MachineModel model;
        model.disk.sync_min = std::chrono::microseconds(1);
        model.disk.sync_max = std::chrono::microseconds(2);
        model.disk.writeback_after = std::chrono::hours(24 * 365);
        model.disk.capacity_bytes = std::uint64_t{1} << 40;
        return model;
    }

    simulated::World world_;
    simulated::Machine& machine_;
};

/// Small segments and a dense index, so that little data does much.
inline LogConfigRef small_config() {
    LogConfig config;
    config.segment_bytes = 1024;
    config.index_interval_bytes = 200;
    return std::make_shared<LogConfig>(config);
}

inline LogOptions log_options(LogConfigRef config = small_config(), bool clean = false) {
    LogOptions options;
    options.partition = {"orders", 0};
    options.folder = "data/orders-0";
    options.config = std::move(config);
    options.clean_shutdown = clean;
    return options;
}

inline std::unique_ptr<Log> open_log(Runtime& runtime, LogOptions options = log_options()) {
    auto log = Log::open(runtime, std::move(options));
    if (!log) FAIL("cannot open: " << log.error().text);
    return *std::move(log);
}

struct BatchSpec {
    int records = 1;
    std::string value = "value";
    std::int64_t timestamp = 1'700'000'000'000;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    std::int32_t base_sequence = -1;
    bool transactional = false;
};

inline Bytes build(const BatchSpec& spec, std::int64_t base_offset = 0, std::int32_t epoch = 0) {
    records::BatchOptions options;
    options.base_offset = base_offset;
    options.partition_leader_epoch = epoch;
    options.producer_id = spec.producer_id;
    options.producer_epoch = spec.producer_epoch;
    options.base_sequence = spec.base_sequence;
    options.is_transactional = spec.transactional;
    records::BatchBuilder builder(options);
    for (int i = 0; i < spec.records; ++i) {
        const std::string value = spec.value + std::to_string(i);
        builder.append({.timestamp = spec.timestamp + i, .value = as_bytes(value)});
    }
    return std::move(builder).build();
}

inline Bytes build_marker(std::int64_t producer_id, std::int16_t producer_epoch, bool commit,
                          std::int64_t timestamp = 1'700'000'000'000,
                          std::int32_t coordinator_epoch = 0) {
    records::BatchOptions options;
    options.producer_id = producer_id;
    options.producer_epoch = producer_epoch;
    options.is_transactional = true;
    options.is_control = true;
    const std::uint8_t key[] = {0, 0, 0, static_cast<std::uint8_t>(commit ? 1 : 0)};
    const std::uint8_t value[] = {0, 0, 0, 0, 0, static_cast<std::uint8_t>(coordinator_epoch)};
    records::BatchBuilder builder(options);
    builder.append({.timestamp = timestamp, .key = ByteSpan(key), .value = ByteSpan(value)});
    return std::move(builder).build();
}

inline Result<AppendResult, ErrorCode> append(Log& log, const Bytes& batch, int epoch = 0,
                                              AppendOrigin origin = AppendOrigin::client) {
    const auto header = records::parse_batch_header(batch);
    REQUIRE(header);
    const LeaderBatch leader_batch{*header, batch.suffix(kBatchHeaderSize)};
    return log.append_as_leader({.batches = std::span(&leader_batch, 1),
                                 .leader_epoch = LeaderEpoch(epoch),
                                 .origin = origin});
}

inline Bytes bytes_of(const ReadResult& result) {
    if (result.records.file == nullptr) return {};
    const auto bytes = result.records.file->read(result.records.position, result.records.size);
    REQUIRE(bytes);
    REQUIRE(bytes->size() == result.records.size);
    return *bytes;
}

struct StoredBatch {
    BatchHeader header;
    Bytes bytes;
};

/// Every batch from `from` on, by reads of `max_bytes`.
inline std::vector<StoredBatch> read_all(Log& log, Offset from, std::int64_t max_bytes = 1 << 20) {
    std::vector<StoredBatch> batches;
    Offset next = from;
    while (next < log.log_end_offset()) {
        const auto result =
            log.read({.offset = next, .max_bytes = max_bytes, .upper_bound = log.log_end_offset()});
        REQUIRE(result);
        const Bytes chunk = bytes_of(*result);
        records::BatchReader reader(chunk);
        bool any = false;
        while (true) {
            const auto batch = reader.next();
            REQUIRE(batch);
            if (!*batch) break;
            any = true;
            next = Offset((*batch)->header.next_offset());
            batches.push_back({(*batch)->header, chunk.slice_of((*batch)->bytes)});
        }
        if (!any) break;
    }
    return batches;
}

}  // namespace gregor::log::testing
