// Topology: how many nodes a plan has, and which of them are brokers and controllers.
//
//     apart       n1 … brokers | … controllers | … spare controllers
//     together    n1 … brokers, of which the first are controllers, and the next spare ones
//
// A spare controller is none of the voters that the quorum begins with (KIP-853).
#pragma once

#include <cstdint>

#include "scenarios/scenario.h"

namespace gregor::scenarios::cluster {

struct Topology {
    explicit Topology(const Numbers& numbers)
        : brokers(numbers.at("brokers")),
          controllers(numbers.at("controllers")),
          spares(optional(numbers, "spare_controllers")),
          has_dynamic_voters(optional(numbers, "dynamic_voters") != 0) {
        const bool apart = numbers.at("separate_controllers") != 0;
        first_controller = apart ? brokers + 1 : 1;
        nodes = apart ? brokers + controllers + spares : brokers;
    }
    [[nodiscard]] bool is_broker(std::int64_t id) const { return id <= brokers; }
    [[nodiscard]] bool is_controller(std::int64_t id) const {
        return id >= first_controller && id < first_controller + controllers + spares;
    }
    /// Of those that the quorum begins with.
    [[nodiscard]] bool is_first_voter(std::int64_t id) const {
        return is_controller(id) && id < first_controller + controllers;
    }

    std::int64_t brokers;
    std::int64_t controllers;
    std::int64_t spares;
    /// kraft.version 1 from the start: the voters are in the log.
    bool has_dynamic_voters;
    std::int64_t first_controller = 1;
    std::int64_t nodes = 0;

private:
    static std::int64_t optional(const Numbers& numbers, std::string_view key) {
        const auto it = numbers.find(std::string(key));
        return it == numbers.end() ? 0 : it->second;
    }
};

}  // namespace gregor::scenarios::cluster
