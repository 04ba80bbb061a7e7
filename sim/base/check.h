// CHECK: an expectation about our own code, on in every build.
//
// A failed CHECK is a bug of ours, never bad input and never a bad disk (those are errors, see
// result.h). It does not unwind: nothing after it can be trusted. The handler, which the
// simulator's worker sets to write verdict, seed and plan, is called once and then the process
// ends.
#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace gregor {

struct CheckFailure {
    std::string_view file;
    int line;
    std::string_view condition;
    std::string message;
};

/// Called once with the failure before the process ends. It must not return control to the failed
/// code; if it returns, the process aborts.
using CheckHandler = void (*)(const CheckFailure&);

/// Sets the process's handler (nullptr: print to standard error). Mains and tests only.
void set_check_handler(CheckHandler handler);

[[noreturn]] void check_failed(std::string_view file, int line, std::string_view condition,
                               std::string message);

namespace detail {
inline std::string check_message() { return {}; }
template <class... Args>
std::string check_message(fmt::format_string<Args...> format, Args&&... args) {
    return fmt::format(format, std::forward<Args>(args)...);
}
}  // namespace detail

}  // namespace gregor

/// CHECK(condition) or CHECK(condition, "hw {} > leo {}", hw, leo): one condition each.
#define CHECK(condition, ...)                                                     \
    do {                                                                          \
        if (!(condition)) [[unlikely]] {                                          \
            ::gregor::check_failed(__FILE__, __LINE__, #condition,                \
                                   ::gregor::detail::check_message(__VA_ARGS__)); \
        }                                                                         \
    } while (false)

/// A place that control never reaches.
#define UNREACHABLE(...)                                      \
    ::gregor::check_failed(__FILE__, __LINE__, "unreachable", \
                           ::gregor::detail::check_message(__VA_ARGS__))
