#include "broker/coordinator/consumer/server_assignor.h"

#include <array>

namespace gregor::coordinator {
namespace {

constexpr auto kAssignors = std::to_array<ServerAssignor>(
    {{.name = "uniform", .assign = assign_uniform}, {.name = "range", .assign = assign_range}});

}  // namespace

std::span<const ServerAssignor> server_assignors() { return kAssignors; }

const ServerAssignor* find_server_assignor(std::string_view name) {
    const auto* it = std::ranges::find(kAssignors, name, &ServerAssignor::name);
    return it == kAssignors.end() ? nullptr : it;
}

}  // namespace gregor::coordinator
