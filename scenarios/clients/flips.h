// Bit flips on the wire, and what they explain.
//
// Kafka guards a batch's records and most of its header by a checksum, and nothing else of a frame:
// a flipped topic name, offset or error code is believed, by Kafka too. So bits flip only in what a
// checksum covers: there every flip must be noticed, by the broker (CORRUPT_MESSAGE, nothing is
// stored) and by who fetches (the batch is fetched again).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/simulated/sim_network.h"

namespace gregor::scenarios::clients {

/// The checksum and the bytes under it, of every whole batch in `sent`.
[[nodiscard]] std::vector<simulated::ByteRange> checksummed_bytes(ByteSpan sent);

/// Lets damage pass that a flip explains, one for each flip.
class FlipLedger {
public:
    explicit FlipLedger(const simulated::NetworkFabric& network) : network_(network) {}

    /// To be kept with what is sent: flips before it explain nothing of it.
    [[nodiscard]] std::size_t so_far(const std::string& from, const std::string& to) const {
        return network_.flipped(from, to);
    }
    /// Whether a bit flipped on this link since, and no other damage was laid to it.
    [[nodiscard]] bool explains(const std::string& from, const std::string& to, std::size_t since);

private:
    const simulated::NetworkFabric& network_;
    /// By link: which flips have explained something.
    std::map<std::pair<std::string, std::string>, std::vector<bool>> spent_;
};

}  // namespace gregor::scenarios::clients
