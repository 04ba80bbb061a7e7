// StrongId: integers that do not mix. An Offset is not a LeaderEpoch, though both are numbers.
//
//     using NodeId = StrongId<struct NodeIdTag, std::int32_t>;          // equality and order
//     using Offset = StrongNumber<struct OffsetTag, std::int64_t>;      // and differences
#pragma once

#include <fmt/format.h>

#include <compare>
#include <cstdint>
#include <functional>

namespace gregor {

template <class Tag, class Rep>
class StrongId {
public:
    using rep = Rep;

    constexpr StrongId() = default;
    constexpr explicit StrongId(Rep value) : value_(value) {}

    [[nodiscard]] constexpr Rep value() const { return value_; }

    friend constexpr auto operator<=>(StrongId, StrongId) = default;

private:
    Rep value_{};
};

/// A StrongId that counts: number ± plain integer is a number, number − number is a plain integer.
template <class Tag, class Rep>
class StrongNumber {
public:
    using rep = Rep;

    constexpr StrongNumber() = default;
    constexpr explicit StrongNumber(Rep value) : value_(value) {}

    [[nodiscard]] constexpr Rep value() const { return value_; }

    constexpr StrongNumber& operator++() {
        ++value_;
        return *this;
    }
    constexpr StrongNumber& operator+=(Rep delta) {
        value_ = static_cast<Rep>(value_ + delta);
        return *this;
    }

    friend constexpr StrongNumber operator+(StrongNumber a, Rep delta) {
        return StrongNumber(static_cast<Rep>(a.value_ + delta));
    }
    friend constexpr StrongNumber operator-(StrongNumber a, Rep delta) {
        return StrongNumber(static_cast<Rep>(a.value_ - delta));
    }
    friend constexpr Rep operator-(StrongNumber a, StrongNumber b) {
        return static_cast<Rep>(a.value_ - b.value_);
    }
    friend constexpr auto operator<=>(StrongNumber, StrongNumber) = default;

private:
    Rep value_{};
};

}  // namespace gregor

template <class Tag, class Rep>
struct fmt::formatter<gregor::StrongId<Tag, Rep>> : fmt::formatter<Rep> {
    auto format(gregor::StrongId<Tag, Rep> id, fmt::format_context& context) const {
        return fmt::formatter<Rep>::format(id.value(), context);
    }
};

template <class Tag, class Rep>
struct fmt::formatter<gregor::StrongNumber<Tag, Rep>> : fmt::formatter<Rep> {
    auto format(gregor::StrongNumber<Tag, Rep> number, fmt::format_context& context) const {
        return fmt::formatter<Rep>::format(number.value(), context);
    }
};

template <class Tag, class Rep>
struct std::hash<gregor::StrongId<Tag, Rep>> {
    std::size_t operator()(gregor::StrongId<Tag, Rep> id) const noexcept {
        return std::hash<Rep>{}(id.value());
    }
};

template <class Tag, class Rep>
struct std::hash<gregor::StrongNumber<Tag, Rep>> {
    std::size_t operator()(gregor::StrongNumber<Tag, Rep> number) const noexcept {
        return std::hash<Rep>{}(number.value());
    }
};
