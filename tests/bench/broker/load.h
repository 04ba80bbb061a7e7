// What the programs of load share: what they are asked for, and how a phase of it is measured. Of
// the bench alone: it measures real time, as the broker never does.
#pragma once

#include <fmt/format.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>

namespace gregor::bench {

inline constexpr std::int32_t kPartitions = 4;
/// Nothing arrives for this long: the run has failed.
inline constexpr std::chrono::seconds kPatience{30};
/// Values are windows of a text of this size.
inline constexpr std::size_t kText = 1 << 20;

[[noreturn]] inline void give_up(std::string_view what, std::string_view why) {
    fmt::print(stderr, "load: {}: {}\n", what, why);
    std::exit(1);
}

struct Load {
    std::string broker;
    pid_t broker_pid = 0;
    std::string topic;
    std::uint64_t records = 0;
    std::size_t record_bytes = 0;
    std::string acks;
    std::string codec;
    std::string batch_bytes;  // at most; librdkafka's own limit is 10^6
};

// What is measured. -------------------------------------------------------------------------------

inline std::uint64_t cpu_ns_of(pid_t pid) {
    clockid_t clock{};
    if (::clock_getcpuclockid(pid, &clock) != 0) give_up("the broker's clock", "no such process");
    timespec time{};
    if (::clock_gettime(clock, &time) != 0) give_up("the broker's clock", "it ended");
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec);
}

/// What the kernel did on behalf of a process (proc(5), stime).
inline std::uint64_t sys_ns_of(pid_t pid) {
    constexpr int kStime = 12;  // of the fields behind the name, which stands in brackets
    std::ifstream stat(fmt::format("/proc/{}/stat", pid));
    std::string field;
    std::getline(stat, field, ')');
    for (int i = 0; i <= kStime; ++i) stat >> field;
    if (!stat) give_up("/proc", fmt::format("no times of process {}", pid));
    return std::stoull(field) * 1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
}

/// "VmRSS" or "VmHWM" of a process, in KiB.
inline std::uint64_t memory_kb(pid_t pid, std::string_view key) {
    std::ifstream status(fmt::format("/proc/{}/status", pid));
    std::string line;
    while (std::getline(status, line)) {
        if (line.starts_with(key)) return std::stoull(line.substr(key.size() + 1));
    }
    give_up("/proc", fmt::format("no {} of process {}", key, pid));
}

/// Prints what passed between its making and its end.
class Phase {
public:
    Phase(std::string_view name, const Load& load)
        : name_(name),
          load_(load),
          broker_cpu_(cpu_ns_of(load.broker_pid)),
          broker_sys_(sys_ns_of(load.broker_pid)),
          client_cpu_(cpu_ns_of(0)),
          started_(std::chrono::steady_clock::now()) {}

    void end() const {
        const auto wall = std::chrono::steady_clock::now() - started_;
        fmt::print(
            "phase={} records={} bytes={} wall_ns={} broker_cpu_ns={} broker_sys_ns={} "
            "client_cpu_ns={} broker_rss_kb={} broker_peak_kb={}\n",
            name_, load_.records, load_.records * load_.record_bytes,
            std::chrono::nanoseconds(wall).count(), cpu_ns_of(load_.broker_pid) - broker_cpu_,
            sys_ns_of(load_.broker_pid) - broker_sys_, cpu_ns_of(0) - client_cpu_,
            memory_kb(load_.broker_pid, "VmRSS"), memory_kb(load_.broker_pid, "VmHWM"));
        std::fflush(stdout);
    }

private:
    std::string_view name_;
    const Load& load_;
    std::uint64_t broker_cpu_;
    std::uint64_t broker_sys_;
    std::uint64_t client_cpu_;
    std::chrono::steady_clock::time_point started_;
};

/// Text of sixteen letters without a pattern: lz4 makes it smaller, not small. Values are windows
/// of it.
inline std::string make_text(std::size_t size) {
    std::string text;
    std::uint64_t state = 0x9e3779b97f4a7c15ULL;
    while (text.size() < size) {
        state = state * 6364136223846793005ULL + 1442695040888963407ULL;
        // Words come again, as field names do.
        text += (state >> 60) < 8 ? "\"customer\":" : "";
        for (int shift = 0; shift < 32; shift += 4)
            text += "0123456789abcdef"[state >> (28 + shift) & 15];
    }
    return text;
}

template <class Number>
Number parse(std::string_view text, std::string_view what) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || end != text.data() + text.size() || number <= 0) {
        give_up(what, fmt::format("{} is not a number above 0", text));
    }
    return number;
}

/// HOST:PORT PID TOPIC RECORDS BYTES ACKS CODEC BATCH_BYTES; exits with 254 if there are others.
inline Load parse_load(int argc, char** argv) {
    if (argc != 9) {
        fmt::print(stderr, "usage: {} HOST:PORT PID TOPIC RECORDS BYTES ACKS CODEC BATCH_BYTES\n",
                   argv[0]);
        std::exit(254);
    }
    return {.broker = argv[1],
            .broker_pid = parse<pid_t>(argv[2], "PID"),
            .topic = argv[3],
            .records = parse<std::uint64_t>(argv[4], "RECORDS"),
            .record_bytes = parse<std::size_t>(argv[5], "BYTES"),
            .acks = argv[6],
            .codec = argv[7],
            .batch_bytes = argv[8]};
}

}  // namespace gregor::bench
