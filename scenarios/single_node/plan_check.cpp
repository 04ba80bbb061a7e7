#include "scenarios/single_node/plan_check.h"

#include <algorithm>
#include <array>

namespace gregor::scenarios::single_node {
namespace {

using simulated::Fault;
using simulated::FaultKind;
using simulated::Plan;

struct NumberRange {
    std::string_view key;
    std::int64_t lowest = 0;
    std::int64_t highest = 0;
    bool optional = false;
};

constexpr std::int64_t kNoLimit = INT64_MAX;

constexpr std::array<NumberRange, 14> kNumbers{{
    {"clients", 1, 64},
    {"topics", 1, 64},
    {"partitions", 1, 64},
    {"producers", 1, 64},
    {"consumers", 0, 64},
    {"produce_per_second", 1, 10'000},
    {"records_per_batch", 1, 50},
    {"record_bytes", 1, 10'000},
    {"fetch_wait_ms", 0, 5'000},
    {"delete_records", 0, 1},
    {"extra_topics", 0, 64},
    {"floor_acknowledged", 0, kNoLimit, true},
    {"floor_faults", 0, kNoLimit, true},
    {"floor_crashes", 0, kNoLimit, true},
}};

/// What the scenario itself says of its one broker.
constexpr std::string_view kOwnSettings =
    "node.id=1\nprocess.roles=broker,controller\n"
    "listeners=PLAINTEXT://n1:9092,CONTROLLER://n1:9093\n"
    "advertised.listeners=PLAINTEXT://n1:9092\ncontroller.listener.names=CONTROLLER\n"
    "controller.quorum.voters=1@n1:9093\nlog.dirs=data\nauto.create.topics.enable=false\n";

Result<void, std::string> check_number(const std::string& key, std::int64_t value) {
    const auto it = std::find_if(kNumbers.begin(), kNumbers.end(),
                                 [&](const NumberRange& number) { return number.key == key; });
    if (it == kNumbers.end()) {
        std::string known;
        for (const NumberRange& number : kNumbers) {
            known += (known.empty() ? "" : ", ") + std::string(number.key);
        }
        return fail(fmt::format("no workload number \"{}\"; there are: {}", key, known));
    }
    if (value >= it->lowest && value <= it->highest) return {};
    return fail(
        it->highest == kNoLimit
            ? fmt::format("{} is {}; it is at least {}", key, value, it->lowest)
            : fmt::format("{} is {}; it goes from {} to {}", key, value, it->lowest, it->highest));
}

/// A batch that the broker must refuse would be sent forever.
Result<void, std::string> check_batch_size(const Plan& plan, const server::Config& config) {
    const std::int64_t size = largest_batch(plan.workload);
    const log::LogConfig& topic = *config.topic_defaults();
    const auto limit = std::min<std::int64_t>(topic.segment_bytes, topic.max_message_bytes);
    if (size > limit) {
        return fail(
            fmt::format("batches have up to {} bytes, but log.segment.bytes and "
                        "message.max.bytes allow {}; lower record_bytes or "
                        "records_per_batch",
                        size, limit));
    }
    return {};
}

/// Whether something may befall only the machine with the broker: the clients have no disk, and
/// their work does not begin anew.
bool is_for_the_broker(FaultKind kind) {
    switch (kind) {
        case FaultKind::kill:
        case FaultKind::power_loss:
        case FaultKind::clean_restart: return true;
        default: return shape_of(kind).path;
    }
}

/// Kinds that damage files: the excuse must be one partition's.
bool is_damage(FaultKind kind) {
    return kind == FaultKind::disk_bit_rot || kind == FaultKind::disk_misdirected_write ||
           kind == FaultKind::disk_lying_sync;
}

class FaultChecker {
public:
    explicit FaultChecker(const Plan& plan)
        : clients_(plan.workload.at("clients")),
          topics_(plan.workload.at("topics")),
          partitions_(plan.workload.at("partitions")) {}

    [[nodiscard]] Result<void, std::string> check(const Fault& fault) const {
        TRY(check_fault(fault));
        TRY(check_machine("node", fault.node));
        if (!fault.peer.empty()) TRY(check_machine("peer", fault.peer));
        if (fault.cue) TRY(check_machine("cue's node", fault.cue->node));
        if (is_for_the_broker(fault.kind) && fault.node != "n1") {
            return fail(
                fmt::format("its node is {}; only n1 has a disk and comes back", fault.node));
        }
        return check_path(fault);
    }

private:
    [[nodiscard]] Result<void, std::string> check_machine(std::string_view what,
                                                          const std::string& name) const {
        if (name == "n1") return {};
        for (std::int64_t i = 0; i < clients_; ++i) {
            if (name == fmt::format("c{}", i)) return {};
        }
        return fail(fmt::format("its {} is \"{}\"; with clients = {} the machines are n1, c0{}",
                                what, name, clients_,
                                clients_ > 1 ? fmt::format(" to c{}", clients_ - 1) : ""));
    }

    [[nodiscard]] Result<void, std::string> check_path(const Fault& fault) const {
        const bool is_partition = fault.path.ends_with('/');
        if (!is_partition && !is_damage(fault.kind)) return {};
        for (std::int64_t topic = 0; topic < topics_; ++topic) {
            for (std::int64_t index = 0; index < partitions_; ++index) {
                if (fault.path == fmt::format("t{}-{}/", topic, index)) return {};
            }
        }
        return fail(fmt::format(
            "its path is \"{}\"; with topics = {} and partitions = {} the folders are \"t0-0/\" to "
            "\"t{}-{}/\"",
            fault.path, topics_, partitions_, topics_ - 1, partitions_ - 1));
    }

    std::int64_t clients_;
    std::int64_t topics_;
    std::int64_t partitions_;
};

}  // namespace

Result<void, std::string> check_numbers(const Numbers& numbers) {
    for (const auto& [key, value] : numbers) TRY(check_number(key, value));
    return {};
}

Result<void, std::string> check_plan(const Plan& plan) {
    if (plan.duration <= Duration::zero()) {
        return fail("the plan needs a duration; write duration = \"40s\"");
    }
    TRY(check_numbers(plan.workload));
    for (const NumberRange& number : kNumbers) {
        if (!number.optional && !plan.workload.contains(std::string(number.key))) {
            return fail(fmt::format(
                "[workload] lacks {}; gregor plan single-node prints a whole plan", number.key));
        }
    }
    const server::Config config = TRY(broker_config(plan));
    TRY(check_batch_size(plan, config));
    const FaultChecker checker(plan);
    for (const Fault& fault : plan.faults) {
        const auto sound = checker.check(fault);
        if (!sound) return fail(fmt::format("fault \"{}\": {}", to_string(fault), sound.error()));
    }
    return {};
}

std::int64_t largest_batch(const Numbers& numbers) {
    constexpr std::int64_t kBatchOverhead = 61;
    constexpr std::int64_t kRecordOverhead = 20;  // the key and the lengths
    return kBatchOverhead +
           numbers.at("records_per_batch") * (numbers.at("record_bytes") + kRecordOverhead);
}

Result<server::Config, std::string> broker_config(const Plan& plan) {
    auto properties = server::parse_properties(kOwnSettings);
    CHECK(properties.has_value());
    for (const auto& [key, value] : plan.broker) {
        if (!properties->try_emplace(key, value).second) {
            return fail(fmt::format("[broker] {} is the scenario's own to set; leave it out", key));
        }
    }
    auto config = server::Config::from(*properties, "n1");
    if (!config) return fail("[broker] " + config.error().front());
    return *std::move(config);
}

}  // namespace gregor::scenarios::single_node
