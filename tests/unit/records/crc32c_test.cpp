#include "broker/protocol/records/crc32c.h"

#include <vector>

#include "tests/support/catch.h"

namespace gregor::records {
namespace {

/// Bit by bit from the polynomial, as RFC 3720 defines it.
std::uint32_t crc32c_bit_by_bit(ByteSpan bytes) {
    std::uint32_t crc = ~std::uint32_t{0};
    for (const std::uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    }
    return ~crc;
}

TEST_CASE("the checksum of RFC 3720's examples is theirs") {
    const std::vector<std::uint8_t> zeros(32, 0);
    const std::vector<std::uint8_t> ones(32, 0xff);
    REQUIRE(crc32c(zeros) == 0x8a9136aa);
    REQUIRE(crc32c(ones) == 0x62a8ab43);
    REQUIRE(crc32c(as_bytes("123456789")) == 0xe3069283);
    REQUIRE(crc32c({}) == 0);
}

TEST_CASE("the checksum equals the bit-by-bit one for every length and extends over any cut") {
    std::vector<std::uint8_t> bytes;
    for (int i = 0; i < 600; ++i) {
        bytes.push_back(static_cast<std::uint8_t>(i * 37 + i / 7));
        const std::uint32_t expected = crc32c_bit_by_bit(bytes);
        REQUIRE(crc32c(bytes) == expected);
        const std::size_t cut = static_cast<std::size_t>(i) / 3;
        REQUIRE(crc32c_extend(crc32c(ByteSpan(bytes).first(cut)), ByteSpan(bytes).subspan(cut)) ==
                expected);
    }
}

}  // namespace
}  // namespace gregor::records
