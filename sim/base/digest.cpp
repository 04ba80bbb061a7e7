#include "sim/base/digest.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace gregor {

std::string to_string(Digest digest) {
    return fmt::format("{:016x}{:016x}", digest.high, digest.low);
}

Digest digest_of(std::span<const std::uint8_t> bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {hash.high64, hash.low64};
}

}  // namespace gregor
