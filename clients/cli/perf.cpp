// How fast records go to a topic, come from it, and pass from a producer to a consumer.
#include "clients/cli/perf.h"

#include <utility>

#include "sim/base/random.h"

namespace gregor::cli {

std::string perf_payload(std::int64_t size) {
    Random random(0);
    std::string text;
    for (std::int64_t i = 0; i < size; ++i) text += static_cast<char>('A' + random.below(26));
    return text;
}

Action add_perf(CLI::App& command) {
    command.require_subcommand(1);
    command.fallthrough();
    std::vector<std::pair<CLI::App*, Action>> kinds;
    const auto add = [&](const char* name, const char* what, Action (*add_kind)(CLI::App&)) {
        CLI::App* kind = command.add_subcommand(name, what);
        kind->fallthrough();
        kinds.emplace_back(kind, add_kind(*kind));
    };
    add("producer", "records as fast as they go", add_perf_producer);
    add("consumer", "records as fast as they come", add_perf_consumer);
    add("e2e", "how long a record takes from a producer to a consumer", add_perf_e2e);
    return [kinds = std::move(kinds)](Context& context) {
        for (const auto& [kind, action] : kinds) {
            if (kind->parsed()) return action(context);
        }
        return kUsage;
    };
}

}  // namespace gregor::cli
