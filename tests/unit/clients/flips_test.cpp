// Where bits flip, and how much damage a flip explains.
#include "scenarios/clients/flips.h"

#include "broker/protocol/records/batch_builder.h"
#include "broker/protocol/records/batch_header.h"
#include "sim/simulated/world.h"
#include "tests/support/catch.h"
#include "tests/support/function_program.h"

using namespace gregor;
using namespace gregor::scenarios::clients;

namespace {

std::string batch_of(int records, records::CompressionCodec codec) {
    records::BatchBuilder builder({.codec = codec});
    for (int i = 0; i < records; ++i) {
        const std::string value = fmt::format("value {}", i);
        builder.append({.timestamp = 1000 + i, .value = as_bytes(value)});
    }
    return std::string(std::move(builder).build().text());
}

/// "17-90, 113-200": what may flip.
std::string ranges_of(std::string_view sent) {
    std::string text;
    for (const auto& [begin, end] : checksummed_bytes(as_bytes(sent))) {
        text += fmt::format("{}{}-{}", text.empty() ? "" : ", ", begin, end);
    }
    return text;
}

}  // namespace

TEST_CASE("bits may flip in the checksum of each whole batch and in all that it covers") {
    for (const auto codec : {records::CompressionCodec::none, records::CompressionCodec::gzip}) {
        const std::string one = batch_of(1, codec);
        const std::string three = batch_of(3, codec);
        REQUIRE(ranges_of(one) == fmt::format("17-{}", one.size()));
        const std::string frame = "a header" + one + three + "and more";
        REQUIRE(ranges_of(frame) == fmt::format("25-{}, {}-{}", 8 + one.size(), 8 + one.size() + 17,
                                                8 + one.size() + three.size()));
    }
}

TEST_CASE("bits may not flip in part of a batch, in a damaged one, or where there is none") {
    const std::string batch = batch_of(3, records::CompressionCodec::none);
    REQUIRE(ranges_of(batch.substr(0, batch.size() - 1)).empty());
    REQUIRE(ranges_of(batch.substr(1)).empty());
    REQUIRE(ranges_of(std::string(500, '\2')).empty());
    REQUIRE(ranges_of("").empty());
    std::string damaged = batch;
    damaged.back() ^= 1;
    REQUIRE(ranges_of(damaged).empty());
}

TEST_CASE("every bit that may flip breaks the checksum, and no other does") {
    const std::string batch = batch_of(2, records::CompressionCodec::none);
    const auto ranges = checksummed_bytes(as_bytes(batch));
    REQUIRE(ranges.size() == 1);
    for (std::size_t bit = 0; bit < batch.size() * 8; ++bit) {
        std::string flipped = batch;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
        const bool may_flip = bit / 8 >= ranges[0].begin && bit / 8 < ranges[0].end;
        REQUIRE(records::has_valid_crc(as_bytes(flipped)) == !may_flip);
    }
}

TEST_CASE("a flip explains one damage of what was sent before it, on its own link") {
    simulated::World world(1, {});
    world.add_machine("n1", {}).start(simulated::program([](Runtime& runtime) {
        auto listener = *runtime.network().listen({"n1", 9092});
        while (auto accepted = listener->accept()) runtime.clock().sleep_for(600s);
    }));
    world.add_machine("c0", {}).start(simulated::program([](Runtime& runtime) {
        runtime.clock().sleep_for(1s);
        auto connection = *runtime.network().connect({"n1", 9092});
        for (int i = 0; i < 2; ++i) (void)connection->write(Bytes::copy_of("x"));
        runtime.clock().sleep_for(600s);
    }));
    FlipLedger ledger(world.network());
    const std::size_t before = ledger.so_far("c0", "n1");
    REQUIRE_FALSE(ledger.explains("c0", "n1", before));
    world.network().flip_bits("c0", "n1", 2);
    world.run_for(5s);
    const std::size_t after = ledger.so_far("c0", "n1");
    REQUIRE(after == before + 2);
    REQUIRE_FALSE(ledger.explains("n1", "c0", before));
    REQUIRE_FALSE(ledger.explains("c0", "n1", after));
    REQUIRE(ledger.explains("c0", "n1", before + 1));
    REQUIRE(ledger.explains("c0", "n1", before));
    REQUIRE_FALSE(ledger.explains("c0", "n1", before));
}
