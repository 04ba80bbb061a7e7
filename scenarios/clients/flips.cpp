#include "scenarios/clients/flips.h"

#include "broker/protocol/records/batch_header.h"

namespace gregor::scenarios::clients {
namespace {

constexpr std::size_t kMagicAt = 16;
constexpr std::size_t kChecksumAt = 17;

/// The size of the whole, sound batch that begins here; 0 if none does.
std::size_t batch_size(ByteSpan bytes) {
    if (bytes.size() < records::kBatchHeaderSize || bytes[kMagicAt] != 2) return 0;
    const auto header = records::parse_batch_header(bytes);
    if (!header || header->size_in_bytes() > bytes.size()) return 0;
    const std::size_t size = header->size_in_bytes();
    return records::has_valid_crc(bytes.first(size)) ? size : 0;
}

}  // namespace

std::vector<simulated::ByteRange> checksummed_bytes(ByteSpan sent) {
    std::vector<simulated::ByteRange> ranges;
    for (std::size_t i = 0; i + records::kBatchHeaderSize <= sent.size();) {
        const std::size_t size = batch_size(sent.subspan(i));
        if (size > 0) ranges.push_back({i + kChecksumAt, i + size});
        i += size > 0 ? size : 1;
    }
    return ranges;
}

bool FlipLedger::explains(const std::string& from, const std::string& to, std::size_t since) {
    std::vector<bool>& spent = spent_[{from, to}];
    spent.resize(network_.flipped(from, to));
    for (std::size_t i = since; i < spent.size(); ++i) {
        if (spent[i]) continue;
        spent[i] = true;
        return true;
    }
    return false;
}

}  // namespace gregor::scenarios::clients
