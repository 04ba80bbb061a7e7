// Damaged batches: ours must come as far as Kafka's MemoryRecords reader came, and fail where it
// failed.
#include "broker/protocol/records/batch_reader.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

namespace gregor::records {
namespace {

using golden::from_hex;
using golden::golden_lines;
using golden::Json;
using golden::print_compared;

constexpr std::size_t kLimit = std::size_t{16} << 20;

struct Outcome {
    std::string stage = "ok";
    int batches_seen = 0;
    int records_read = 0;
};

Outcome read_all(ByteSpan bytes) {
    Outcome outcome;
    BatchReader batches(bytes);
    while (true) {
        const auto batch = batches.next();
        if (!batch) {
            outcome.stage = "batches";
            return outcome;
        }
        if (!*batch) return outcome;
        ++outcome.batches_seen;
        if (!(*batch)->has_valid_crc()) {
            outcome.stage = "ensureValid";
            return outcome;
        }
        auto reader = (*batch)->open(kLimit);
        while (reader) {
            const auto record = reader->next();
            if (record && *record == nullptr) break;
            if (!record) {
                outcome.stage = "iterate";
                return outcome;
            }
            ++outcome.records_read;
        }
        if (!reader) {
            outcome.stage = "iterate";
            return outcome;
        }
    }
}

TEST_CASE("damaged batches are read as far as Kafka reads them") {
    const std::vector<Json> lines = golden_lines("records/invalid.jsonl");
    for (const Json& line : lines) {
        INFO(line["case"].get<std::string>() + ": " + line.value("message", ""));
        const Bytes bytes = from_hex(line["hex"]);
        const Outcome outcome = read_all(bytes);
        const bool is_ok = line["outcome"] == "ok";
        REQUIRE(outcome.stage == (is_ok ? "ok" : line["stage"].get<std::string>()));
        REQUIRE(outcome.batches_seen == line["batchesSeen"].get<int>());
        REQUIRE(outcome.records_read == line["recordsRead"].get<int>());
    }
    print_compared("records/invalid.jsonl", lines.size());
}

}  // namespace
}  // namespace gregor::records
