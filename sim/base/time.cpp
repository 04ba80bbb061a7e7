#include "sim/base/time.h"

#include <fmt/format.h>

namespace gregor {

std::string to_string(Instant time) {
    const auto ns = time.time_since_epoch().count();
    return fmt::format("{}.{:06}s", ns / 1'000'000'000, ns % 1'000'000'000 / 1'000);
}

std::string to_string(Duration duration) {
    const auto ns = duration.count();
    if (ns == 0) return "0s";
    if (ns % 1'000'000'000 == 0) return fmt::format("{}s", ns / 1'000'000'000);
    if (ns % 1'000'000 == 0) return fmt::format("{}ms", ns / 1'000'000);
    if (ns % 1'000 == 0) return fmt::format("{}us", ns / 1'000);
    return fmt::format("{}ns", ns);
}

}  // namespace gregor
