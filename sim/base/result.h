// Result<T, E>: a value or an expected error; never an exception, never ignored.
//
//     Result<Bytes, IoError> header = file.read(0, 61);
//     Bytes header = TRY(file.read(0, 61));   // returns the error to our caller
#pragma once

#include <expected>
#include <utility>

namespace gregor {

template <class T, class E>
class [[nodiscard]] Result : public std::expected<T, E> {
public:
    using std::expected<T, E>::expected;
};

/// fail(IoError::not_found): makes an error result of whatever value type the function returns.
template <class E>
[[nodiscard]] constexpr std::unexpected<std::decay_t<E>> fail(E&& error) {
    return std::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace gregor

/// Value of `expression`, or returns its error from the enclosing function (a statement expression,
/// as both of our compilers have it).
#define TRY(expression)                                                                      \
    __extension__({                                                                          \
        auto gregor_try_result = (expression);                                               \
        if (!gregor_try_result) return ::gregor::fail(std::move(gregor_try_result).error()); \
        *std::move(gregor_try_result);                                                       \
    })
