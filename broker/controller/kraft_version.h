// kraft.version (KIP-853): the one feature whose level is not in the image but in the quorum's own
// records. The controller decides on it with the others; the quorum writes it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gregor::controller {

inline constexpr std::string_view kKRaftVersionFeature = "kraft.version";

/// The quorum, as its leader knows it.
class KRaftVersionView {
public:
    virtual ~KRaftVersionView() = default;

    [[nodiscard]] virtual std::int16_t level() const = 0;
    /// Why it cannot become `level` now; nothing: it can, or is that already.
    [[nodiscard]] virtual std::optional<std::string> find_fault(std::int16_t level) const = 0;
};

}  // namespace gregor::controller
