// AnswerFault: what is wrong with an answer, and which invariant says so.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace gregor::scenarios {

struct AnswerFault {
    std::string_view invariant;
    std::string text;
};

/// Nothing: the answer may be given.
using AnswerVerdict = std::optional<AnswerFault>;

template <class... Args>
[[nodiscard]] AnswerVerdict wrong_answer(std::string_view invariant,
                                         fmt::format_string<Args...> format, Args&&... args) {
    return AnswerFault{invariant, fmt::format(format, std::forward<Args>(args)...)};
}

}  // namespace gregor::scenarios
