#include "scenarios/gregor/shrinker.h"

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace gregor::scenarios {
namespace {

using simulated::DiskModel;
using simulated::NetworkModel;
using simulated::Plan;
using std::chrono::milliseconds;

std::uint64_t size_of(std::int64_t number) {
    return number < 0 ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
}

std::int64_t to_ms(Duration duration) { return std::chrono::floor<milliseconds>(duration).count(); }

template <class Key, class Value>
std::vector<Key> keys_of(const std::map<Key, Value>& map) {
    std::vector<Key> keys;
    for (const auto& [key, value] : map) keys.push_back(key);
    return keys;
}

/// Everything takes the same short time, and arrives whole.
NetworkModel quiet_network() {
    NetworkModel model;
    model.latency_max = model.latency_min;
    model.jitter_mean = {};
    model.slow_delivery = {};
    model.split = {};
    return model;
}

DiskModel quiet_disk() {
    DiskModel model;
    model.sync_max = model.sync_min;
    model.write_waits = {};
    model.read_waits = {};
    return model;
}

class Shrinker {
public:
    Shrinker(Plan failing, Failure failure, const ShrinkOptions& options)
        : options_(options), best_(std::move(failing)), failure_(failure) {}

    Shrunk run() {
        // First, because it makes every run behind it shorter.
        cut_behind_violation();
        bool is_smaller = true;
        while (is_smaller && !is_used_up()) {
            const std::uint64_t before = steps_;
            leave_out("faults", &Plan::faults);
            leave_out("operations", &Plan::operations);
            shorten();
            lower_workload();
            leave_settings_out();
            lower_faults();
            lower_operations();
            quiet_models();
            is_smaller = steps_ > before;
        }
        return {std::move(best_), runs_, !is_used_up_};
    }

private:
    using SetNumber = std::function<void(Plan&, std::int64_t)>;

    /// Notes when it says yes: from then on candidates may have been passed over.
    [[nodiscard]] bool is_used_up() {
        is_used_up_ = is_used_up_ || runs_ >= options_.budget;
        return is_used_up_;
    }

    /// Keeps the candidate if it fails. What was refused once is not run again.
    bool keep(std::string_view what, Plan candidate) {
        if (!options_.is_valid(candidate)) return false;
        std::string text = simulated::to_toml(candidate);
        if (text == simulated::to_toml(best_) || refused_.contains(text)) return false;
        if (is_used_up()) return false;
        ++runs_;
        const auto failure = options_.run(candidate);
        if (!failure) {
            refused_.insert(std::move(text));
            return false;
        }
        best_ = std::move(candidate);
        failure_ = *failure;
        ++steps_;
        if (options_.on_step) options_.on_step({best_, runs_, what});
        return true;
    }

    /// As keep(), of the best plan with one change.
    template <class Change>
    bool keep_with(std::string_view what, Change&& change) {
        Plan candidate = best_;
        change(candidate);
        return keep(what, std::move(candidate));
    }

    /// Lowers a number towards zero, from either side, in steps that halve: to the last one that
    /// still fails, for a number above 16 to about a sixteenth.
    void lower(std::string_view what, std::int64_t value, const SetNumber& set) {
        constexpr std::uint64_t kPrecision = 16;
        for (std::int64_t step = value; step != 0; step = step / 2 == 0 ? 0 : step - step / 2) {
            if (size_of(step) > size_of(value)) continue;
            if (size_of(step) < size_of(value) / kPrecision) return;
            const auto change = [&](Plan& plan) { set(plan, value - step); };
            if (keep_with(what, change)) value -= step;
        }
    }

    // What a round tries, in its order. -----------------------------------------------------------

    template <class Part>
    void leave_out(std::string_view what, std::vector<Part> Plan::* parts) {
        for (std::size_t size = (best_.*parts).size(); size > 0; size /= 2) {
            for (std::size_t end = (best_.*parts).size(); end > 0;) {
                const std::size_t begin = end > size ? end - size : 0;
                keep_with(what, [&](Plan& plan) {
                    const auto first = (plan.*parts).begin();
                    (plan.*parts)
                        .erase(first + static_cast<std::ptrdiff_t>(begin),
                               first + static_cast<std::ptrdiff_t>(end));
                });
                end = begin;
            }
        }
    }

    void cut_behind_violation() {
        if (!failure_.at) return;
        const Duration cut = std::chrono::floor<milliseconds>(*failure_.at) + 1ms;
        if (cut >= best_.duration) return;
        keep_with("duration", [&](Plan& plan) { plan.duration = cut; });
    }

    void shorten() {
        cut_behind_violation();
        lower("duration", to_ms(best_.duration),
              [](Plan& plan, std::int64_t ms) { plan.duration = milliseconds(ms); });
    }

    void lower_workload() {
        for (const std::string& key : keys_of(best_.workload)) {
            lower(key, best_.workload[key],
                  [&](Plan& plan, std::int64_t number) { plan.workload[key] = number; });
        }
    }

    void leave_settings_out() {
        for (const std::string& key : keys_of(best_.broker)) {
            keep_with(key, [&](Plan& plan) { plan.broker.erase(key); });
        }
    }

    void lower_faults() {
        for (std::size_t i = 0; i < best_.faults.size(); ++i) {
            if (best_.faults[i].cue) {
                lower("a fault's occurrence",
                      static_cast<std::int64_t>(best_.faults[i].cue->occurrence),
                      [i](Plan& plan, std::int64_t occurrence) {
                          plan.faults[i].cue->occurrence = static_cast<std::uint64_t>(occurrence);
                      });
            }
            lower("a fault's time", to_ms(best_.faults[i].at),
                  [i](Plan& plan, std::int64_t ms) { plan.faults[i].at = milliseconds(ms); });
            lower("a fault's duration", to_ms(best_.faults[i].duration),
                  [i](Plan& plan, std::int64_t ms) { plan.faults[i].duration = milliseconds(ms); });
            lower("a fault's amount", best_.faults[i].amount,
                  [i](Plan& plan, std::int64_t amount) { plan.faults[i].amount = amount; });
        }
    }

    void lower_operations() {
        for (std::size_t i = 0; i < best_.operations.size(); ++i) {
            lower("an operation's time", to_ms(best_.operations[i].at),
                  [i](Plan& plan, std::int64_t ms) { plan.operations[i].at = milliseconds(ms); });
            lower("an operation's amount", best_.operations[i].amount,
                  [i](Plan& plan, std::int64_t amount) { plan.operations[i].amount = amount; });
        }
    }

    void quiet_models() {
        keep_with("network", [](Plan& plan) { plan.network = quiet_network(); });
        keep_with("network", [](Plan& plan) {
            plan.network.latency_min = quiet_network().latency_min;
            plan.network.latency_max = quiet_network().latency_max;
        });
        keep_with("network", [](Plan& plan) { plan.network.jitter_mean = {}; });
        keep_with("network", [](Plan& plan) { plan.network.slow_delivery = {}; });
        keep_with("network", [](Plan& plan) { plan.network.split = {}; });
        keep_with("disk", [](Plan& plan) { plan.disk = quiet_disk(); });
        keep_with("disk", [](Plan& plan) {
            plan.disk.sync_min = quiet_disk().sync_min;
            plan.disk.sync_max = quiet_disk().sync_max;
        });
        keep_with("disk", [](Plan& plan) { plan.disk.write_waits = {}; });
        keep_with("disk", [](Plan& plan) { plan.disk.read_waits = {}; });
        keep_with("disk",
                  [](Plan& plan) { plan.disk.writeback_after = quiet_disk().writeback_after; });
    }

    const ShrinkOptions& options_;
    Plan best_;
    Failure failure_;
    std::set<std::string> refused_;
    std::uint64_t runs_ = 0;
    std::uint64_t steps_ = 0;
    bool is_used_up_ = false;
};

}  // namespace

Shrunk shrink(Plan failing, Failure failure, const ShrinkOptions& options) {
    return Shrinker(std::move(failing), failure, options).run();
}

}  // namespace gregor::scenarios
