// Whether an answer says that the one who was asked is not the controller (any more), of the whole
// request or of each of its parts.
#pragma once

#include <algorithm>

#include "broker/protocol/error_code.h"

namespace gregor::drivers {

namespace detail {

[[nodiscard]] bool any_is_not_controller(const auto& parts) {
    return std::ranges::any_of(parts, [](const auto& part) {
        return part.error_code == protocol::ErrorCode::not_controller;
    });
}

}  // namespace detail

[[nodiscard]] bool is_not_controller(const auto& response) {
    if constexpr (requires { response.error_code; }) {
        return response.error_code == protocol::ErrorCode::not_controller;
    } else if constexpr (requires { response.topics; }) {
        return detail::any_is_not_controller(response.topics);
    } else if constexpr (requires { response.responses; }) {
        return detail::any_is_not_controller(response.responses);
    } else {
        return detail::any_is_not_controller(response.results);
    }
}

}  // namespace gregor::drivers
