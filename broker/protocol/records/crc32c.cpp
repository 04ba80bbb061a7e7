#include "broker/protocol/records/crc32c.h"

#include <isa-l/crc.h>

#include <algorithm>

namespace gregor::records {

std::uint32_t crc32c(ByteSpan bytes) { return crc32c_extend(0, bytes); }

std::uint32_t crc32c_extend(std::uint32_t crc, ByteSpan bytes) {
    // crc32_iscsi takes its length as an int and inverts neither at the start nor at the end.
    constexpr std::size_t kLongest = std::size_t{1} << 30;
    std::uint32_t state = ~crc;
    while (!bytes.empty()) {
        const ByteSpan part = bytes.first(std::min(bytes.size(), kLongest));
        state = crc32_iscsi(const_cast<unsigned char*>(part.data()), static_cast<int>(part.size()),
                            state);
        bytes = bytes.subspan(part.size());
    }
    return ~state;
}

}  // namespace gregor::records
