// LogUnderTest: a Log in a process of a simulated machine, and the model beside it. Each step does
// one thing to both and compares them afterwards.
//
// The steps' numbers are free choices: each takes them modulo what there is to choose from, so that
// every sequence of steps is one that can happen, also after some were taken out of it. What a
// power loss spared and how early a log starts after one cannot be known beforehand: there the log
// is held against what the model allows, and the model goes on with what was found.
//
// The test stands in for LogManager: it keeps the checkpoints (start, recovery point, high
// watermark) and opens the log with what they say.
#pragma once

#include <functional>
#include <memory>

#include "sim/runtime/sync.h"
#include "tests/property/log/log_model.h"

namespace gregor::log::testing {

/// What is drawn for one step.
struct Draw {
    std::uint32_t pick = 0;    // which kind, which producer
    std::uint32_t amount = 0;  // how many
    std::uint32_t place = 0;   // which offset, which time
};

class LogUnderTest {
public:
    LogUnderTest(std::uint64_t seed, LogConfigRef config);
    ~LogUnderTest();

    void append_as_leader(Draw draw);
    void append_as_follower(Draw draw);
    void append_marker(Draw draw);
    void append_refused(Draw draw);
    void retry(Draw draw);
    void begin_epoch(Draw draw);
    void read(Draw draw);
    void look_up(Draw draw);
    void roll(Draw draw);
    void flush(Draw draw);
    void truncate(Draw draw);
    void start_anew(Draw draw);
    void set_high_watermark(Draw draw);
    void advance_start(Draw draw);
    void delete_old_segments(Draw draw);
    void checkpoint(Draw draw);
    void close_and_reopen(Draw draw);
    void kill_and_reopen(Draw draw);
    void lose_power_and_reopen(Draw draw);

private:
    class Process;
    enum class Stop { clean, killed, power_lost };

    /// Runs on a fiber of the process; what is thrown there is thrown here.
    void in_process(const std::function<void(Runtime&, Log&)>& body);
    void start_process(bool clean);
    void end_process(bool power_lost);
    void reopen(Stop how);
    void adopt(Log& log, Stop how);
    void adopt_epochs(const Log& log, const LogModel& before, Stop how);
    void step(const std::function<void(Log&)>& body);

    [[nodiscard]] Bytes next_batch(Draw draw) const;
    [[nodiscard]] Bytes next_marker(std::int64_t producer_id, Draw draw) const;
    [[nodiscard]] std::vector<std::int64_t> producers_with_open_transactions() const;
    void append_batches(Log& log, std::vector<Bytes> batches, AppendOrigin origin);
    void note_checkpoint(const Log& log);

    void compare(Runtime& runtime, Log& log);
    void compare_producers(const Log& log) const;
    void compare_transactions(Log& log, std::int64_t from, std::int64_t to) const;
    void compare_last_stable_offset(const Log& log) const;
    [[nodiscard]] std::vector<std::int64_t> segment_bases(Runtime& runtime) const;

    LogHarness harness_;
    LogConfigRef config_;
    LogModel model_;
    struct {
        std::int64_t start = 0;
        std::int64_t recovery_point = 0;
        std::int64_t high_watermark = 0;
    } checkpoint_;
    std::int32_t epoch_ = 0;
    /// Since the log folded its producers anew: of what came before, it may know less.
    std::int64_t folded_at_ = 0;
    bool decided_are_known_ = true;
};

}  // namespace gregor::log::testing
