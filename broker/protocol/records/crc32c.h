// CRC-32C (Castagnoli, RFC 3720 appendix B.4), the checksum of record batches and producer
// snapshots.
//
// ISA-L does the work: it picks the machine's instructions once, and tables where there are none.
#pragma once

#include <cstdint>

#include "sim/base/bytes.h"

namespace gregor::records {

/// The checksum of `bytes`; 0 for no bytes.
[[nodiscard]] std::uint32_t crc32c(ByteSpan bytes);

/// The checksum of what `crc` covers followed by `bytes`: crc32c(a + b) = crc32c_extend(crc32c(a),
/// b).
[[nodiscard]] std::uint32_t crc32c_extend(std::uint32_t crc, ByteSpan bytes);

}  // namespace gregor::records
