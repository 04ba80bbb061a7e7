#include "sim/simulated/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace gregor::simulated {
namespace {

PlanError error_at(const toml::node& node, std::string message) {
    return {fmt::format("line {}: {}", node.source().begin.line, std::move(message))};
}

/// Reads a table key by key and remembers which keys it knows.
class TableReader {
public:
    explicit TableReader(const toml::table& table) : table_(table) {}

    Result<void, PlanError> read(std::string_view key, std::int64_t& value) {
        const toml::node* node = take(key);
        if (node == nullptr) return {};
        const auto number = node->value_exact<std::int64_t>();
        if (!number) return gregor::fail(error_at(*node, fmt::format("{} takes an integer", key)));
        value = *number;
        return {};
    }
    template <class Unsigned>
        requires std::is_unsigned_v<Unsigned>
    Result<void, PlanError> read(std::string_view key, Unsigned& value) {
        auto number = static_cast<std::int64_t>(value);
        TRY(read(key, number));
        if (number < 0) {
            return gregor::fail(error_at(*table_.get(key), fmt::format("{} is not negative", key)));
        }
        value = static_cast<Unsigned>(number);
        return {};
    }
    Result<void, PlanError> read(std::string_view key, std::string& value) {
        const toml::node* node = take(key);
        if (node == nullptr) return {};
        const auto text = node->value_exact<std::string>();
        if (!text) return gregor::fail(error_at(*node, fmt::format("{} takes a string", key)));
        value = *text;
        return {};
    }
    Result<void, PlanError> read(std::string_view key, Duration& value) {
        std::string text;
        TRY(read(key, text));
        if (text.empty()) return {};
        auto duration = parse_duration(text);
        if (!duration) return gregor::fail(error_at(*table_.get(key), duration.error().message));
        if (*duration < Duration::zero()) {
            return gregor::fail(error_at(*table_.get(key), fmt::format("{} is not negative", key)));
        }
        value = *duration;
        return {};
    }
    Result<void, PlanError> read(std::string_view key, Chance& value) {
        auto number = static_cast<std::int64_t>(value.per_million);
        TRY(read(key, number));
        if (number < 0 || number > 1'000'000) {
            return gregor::fail(error_at(*table_.get(key), fmt::format("{} is 0 to 1000000", key)));
        }
        value.per_million = static_cast<std::uint32_t>(number);
        return {};
    }

    Result<void, PlanError> read(std::string_view key, std::vector<std::int64_t>& values) {
        const toml::node* node = take(key);
        if (node == nullptr) return {};
        const auto error = error_at(*node, fmt::format("{} takes a list of integers", key));
        if (!node->is_array()) return gregor::fail(error);
        values.clear();
        for (const toml::node& each : *node->as_array()) {
            const auto number = each.value_exact<std::int64_t>();
            if (!number) return gregor::fail(error);
            values.push_back(*number);
        }
        return {};
    }

    [[nodiscard]] const toml::node* take(std::string_view key) {
        known_.emplace_back(key);
        return table_.get(key);
    }

    /// An error for the first key that nobody asked for.
    Result<void, PlanError> finish() const {
        for (const auto& [key, node] : table_) {
            if (std::find(known_.begin(), known_.end(), key.str()) == known_.end()) {
                return gregor::fail(error_at(node, fmt::format("unknown key \"{}\"", key.str())));
            }
        }
        return {};
    }

private:
    const toml::table& table_;
    std::vector<std::string> known_;
};

// One description of each part for reading and writing. -------------------------------------------

template <class Visitor>
Result<void, PlanError> visit_network(Visitor& v, NetworkModel& m) {
    TRY(v.read("latency_min", m.latency_min));
    TRY(v.read("latency_max", m.latency_max));
    TRY(v.read("jitter_mean", m.jitter_mean));
    TRY(v.read("slow_delivery_per_million", m.slow_delivery));
    TRY(v.read("slow_delivery_mean", m.slow_delivery_mean));
    TRY(v.read("split_per_million", m.split));
    TRY(v.read("window_bytes", m.window_bytes));
    TRY(v.read("tcp_timeout", m.tcp_timeout));
    TRY(v.read("connect_timeout", m.connect_timeout));
    return {};
}

template <class Visitor>
Result<void, PlanError> visit_disk(Visitor& v, DiskModel& m) {
    TRY(v.read("sync_min", m.sync_min));
    TRY(v.read("sync_max", m.sync_max));
    TRY(v.read("write_waits_per_million", m.write_waits));
    TRY(v.read("write_wait_max", m.write_wait_max));
    TRY(v.read("read_waits_per_million", m.read_waits));
    TRY(v.read("read_wait_max", m.read_wait_max));
    TRY(v.read("writeback_after", m.writeback_after));
    return {};
}

/// The same shape as TableReader, writing.
class TableWriter {
public:
    explicit TableWriter(std::string& out) : out_(out) {}

    Result<void, PlanError> read(std::string_view key, std::int64_t& value) {
        out_ += fmt::format("{} = {}\n", key, value);
        return {};
    }
    template <class Unsigned>
        requires std::is_unsigned_v<Unsigned>
    Result<void, PlanError> read(std::string_view key, Unsigned& value) {
        out_ += fmt::format("{} = {}\n", key, value);
        return {};
    }
    Result<void, PlanError> read(std::string_view key, Duration& value) {
        out_ += fmt::format("{} = \"{}\"\n", key, gregor::to_string(value));
        return {};
    }
    Result<void, PlanError> read(std::string_view key, Chance& value) {
        return read(key, value.per_million);
    }

private:
    std::string& out_;
};

Result<const toml::table*, PlanError> section(TableReader& reader, std::string_view key) {
    static const toml::table kEmpty;
    const toml::node* node = reader.take(key);
    if (node == nullptr) return &kEmpty;
    if (!node->is_table()) return gregor::fail(error_at(*node, fmt::format("{} is a table", key)));
    return node->as_table();
}

Result<Fault, PlanError> read_fault(const toml::node& node) {
    if (!node.is_table()) return gregor::fail(error_at(node, "a fault is a table"));
    TableReader reader(*node.as_table());
    Fault fault;
    std::string kind;
    TRY(reader.read("kind", kind));
    const auto found = find_fault_kind(kind);
    if (!found) return gregor::fail(error_at(node, fmt::format("no fault kind \"{}\"", kind)));
    fault.kind = *found;
    TRY(reader.read("node", fault.node));
    TRY(reader.read("peer", fault.peer));
    TRY(reader.read("path", fault.path));
    TRY(reader.read("at", fault.at));
    TRY(reader.read("duration", fault.duration));
    TRY(reader.read("amount", fault.amount));
    const toml::table* cue_table = TRY(section(reader, "cue"));
    if (!cue_table->empty()) {
        TableReader cue_reader(*cue_table);
        Cue cue;
        TRY(cue_reader.read("event", cue.event));
        TRY(cue_reader.read("node", cue.node));
        TRY(cue_reader.read("occurrence", cue.occurrence));
        TRY(cue_reader.finish());
        fault.cue = cue;
    }
    TRY(reader.finish());
    const auto sound = check_fault(fault);
    if (!sound) return gregor::fail(error_at(node, fmt::format("{}: {}", kind, sound.error())));
    return fault;
}

Result<Operation, PlanError> read_operation(const toml::node& node) {
    if (!node.is_table()) return gregor::fail(error_at(node, "an operation is a table"));
    TableReader reader(*node.as_table());
    Operation operation;
    TRY(reader.read("kind", operation.kind));
    TRY(reader.read("at", operation.at));
    TRY(reader.read("target", operation.target));
    TRY(reader.read("nodes", operation.nodes));
    TRY(reader.read("amount", operation.amount));
    TRY(reader.finish());
    return operation;
}

/// What is drawn between two bounds needs them in order.
Result<void, PlanError> check_models(const Plan& plan) {
    if (plan.network.latency_min > plan.network.latency_max) {
        return gregor::fail(PlanError{"latency_min is above latency_max"});
    }
    if (plan.disk.sync_min > plan.disk.sync_max) {
        return gregor::fail(PlanError{"sync_min is above sync_max"});
    }
    if (plan.disk.write_wait_max < 1us || plan.disk.read_wait_max < 1us) {
        return gregor::fail(PlanError{"write_wait_max and read_wait_max are at least 1us"});
    }
    if (plan.network.window_bytes == 0) {
        return gregor::fail(PlanError{"window_bytes is 0: nothing could be sent"});
    }
    return {};
}

Result<Plan, PlanError> read_plan(const toml::table& table) {
    TableReader reader(table);
    Plan plan;
    TRY(reader.read("scenario", plan.scenario));
    TRY(reader.read("seed", plan.seed));
    TRY(reader.read("duration", plan.duration));
    const toml::table* workload = TRY(section(reader, "workload"));
    for (const auto& [key, node] : *workload) {
        const auto number = node.value_exact<std::int64_t>();
        if (!number) return gregor::fail(error_at(node, "workload values are integers"));
        plan.workload[std::string(key.str())] = *number;
    }
    const toml::table* broker = TRY(section(reader, "broker"));
    for (const auto& [key, node] : *broker) {
        const auto text = node.value_exact<std::string>();
        if (!text) return gregor::fail(error_at(node, "broker settings are strings"));
        plan.broker[std::string(key.str())] = *text;
    }
    TableReader network(*TRY(section(reader, "network")));
    TRY(visit_network(network, plan.network));
    TRY(network.finish());
    TableReader disk(*TRY(section(reader, "disk")));
    TRY(visit_disk(disk, plan.disk));
    TRY(disk.finish());
    TRY(check_models(plan));
    if (const toml::node* faults = reader.take("fault"); faults != nullptr) {
        if (!faults->is_array()) return gregor::fail(error_at(*faults, "write [[fault]]"));
        for (const toml::node& fault : *faults->as_array()) {
            plan.faults.push_back(TRY(read_fault(fault)));
        }
    }
    if (const toml::node* operations = reader.take("operation"); operations != nullptr) {
        if (!operations->is_array()) {
            return gregor::fail(error_at(*operations, "write [[operation]]"));
        }
        for (const toml::node& operation : *operations->as_array()) {
            plan.operations.push_back(TRY(read_operation(operation)));
        }
    }
    TRY(reader.finish());
    return plan;
}

void write_fault(std::string& out, const Fault& fault) {
    out += fmt::format("\n[[fault]]\nkind = \"{}\"\n", name(fault.kind));
    if (!fault.node.empty()) out += fmt::format("node = \"{}\"\n", fault.node);
    if (!fault.peer.empty()) out += fmt::format("peer = \"{}\"\n", fault.peer);
    if (!fault.path.empty()) out += fmt::format("path = \"{}\"\n", fault.path);
    if (fault.cue) {
        out += fmt::format("cue = {{ event = \"{}\", node = \"{}\", occurrence = {} }}\n",
                           fault.cue->event, fault.cue->node, fault.cue->occurrence);
    }
    if (!fault.cue || fault.at != Duration::zero()) {
        out += fmt::format("at = \"{}\"\n", gregor::to_string(fault.at));
    }
    if (fault.duration != Duration::zero()) {
        out += fmt::format("duration = \"{}\"\n", gregor::to_string(fault.duration));
    }
    if (fault.amount != 0) out += fmt::format("amount = {}\n", fault.amount);
}

void write_operation(std::string& out, const Operation& operation) {
    out += fmt::format("\n[[operation]]\nkind = \"{}\"\nat = \"{}\"\n", operation.kind,
                       gregor::to_string(operation.at));
    if (!operation.target.empty()) out += fmt::format("target = \"{}\"\n", operation.target);
    if (!operation.nodes.empty()) {
        out += fmt::format("nodes = [{}]\n", fmt::join(operation.nodes, ", "));
    }
    if (operation.amount != 0) out += fmt::format("amount = {}\n", operation.amount);
}

}  // namespace

std::string to_toml(const Plan& plan) {
    std::string out = fmt::format("scenario = \"{}\"\nseed = {}\nduration = \"{}\"\n",
                                  plan.scenario, plan.seed, gregor::to_string(plan.duration));
    out += "\n[workload]\n";
    for (const auto& [key, value] : plan.workload) out += fmt::format("{} = {}\n", key, value);
    out += "\n[broker]\n";
    for (const auto& [key, value] : plan.broker) {
        out += fmt::format("\"{}\" = \"{}\"\n", key, value);
    }
    Plan copy = plan;
    TableWriter writer(out);
    out += "\n[network]\n";
    (void)visit_network(writer, copy.network);
    out += "\n[disk]\n";
    (void)visit_disk(writer, copy.disk);
    for (const Fault& fault : plan.faults) write_fault(out, fault);
    for (const Operation& operation : plan.operations) write_operation(out, operation);
    return out;
}

Result<Plan, PlanError> parse_plan(std::string_view text) {
    const toml::parse_result parsed = toml::parse(text);
    if (!parsed) {
        const auto& where = parsed.error().source().begin;
        return gregor::fail(PlanError{fmt::format("line {}, column {}: {}", where.line,
                                                  where.column, parsed.error().description())});
    }
    return read_plan(parsed.table());
}

Result<Duration, PlanError> parse_duration(std::string_view text) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    std::int64_t scale = 0;
    if (unit == "ns") scale = 1;
    if (unit == "us") scale = 1'000;
    if (unit == "ms") scale = 1'000'000;
    if (unit == "s") scale = 1'000'000'000;
    if (unit == "m") scale = 60'000'000'000;
    std::int64_t result = 0;
    if (error != std::errc{} || scale == 0 || __builtin_mul_overflow(number, scale, &result)) {
        return gregor::fail(PlanError{fmt::format(
            "\"{}\" is no duration; write an integer and ns, us, ms, s or m, as in 250ms", text)});
    }
    return Duration(result);
}

std::string to_string(const Fault& fault) {
    std::string out(name(fault.kind));
    if (!fault.node.empty()) out += " " + fault.node;
    if (!fault.peer.empty()) out += " to " + fault.peer;
    if (!fault.path.empty()) out += " on " + fault.path;
    if (fault.cue) {
        out += fmt::format(" at {} #{} of {}", fault.cue->event, fault.cue->occurrence,
                           fault.cue->node);
        if (fault.at != Duration::zero()) out += " after " + gregor::to_string(fault.at);
    } else {
        out += " at " + gregor::to_string(fault.at);
    }
    if (fault.duration != Duration::zero()) out += " for " + gregor::to_string(fault.duration);
    if (fault.amount != 0) out += fmt::format(" amount {}", fault.amount);
    return out;
}

std::string to_string(const Operation& operation) {
    std::string out = operation.kind;
    if (!operation.target.empty()) out += " " + operation.target;
    if (!operation.nodes.empty()) out += fmt::format(" to {}", fmt::join(operation.nodes, ","));
    out += " at " + gregor::to_string(operation.at);
    if (operation.amount != 0) out += fmt::format(" amount {}", operation.amount);
    return out;
}

}  // namespace gregor::simulated
