// Random messages, for properties and fuzzing: extremes, nulls, empty and long values, unknown
// tags, in whatever the version has.
#pragma once

#include "broker/protocol/message.h"
#include "sim/base/random.h"

namespace gregor::protocol {

namespace detail {
void randomize(const Fields& fields, void* object, Layout layout, Random& random, std::size_t size);
}

/// A message that reads back equal from what `version` writes. Arrays have at most about `size`
/// elements, strings and bytes mostly a few.
template <Message T>
[[nodiscard]] T random_message(std::int16_t version, Random& random, std::size_t size) {
    T message;
    detail::randomize(T::fields(), &message, detail::checked_layout_of<T>(version), random, size);
    return message;
}

}  // namespace gregor::protocol
