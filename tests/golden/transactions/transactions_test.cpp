// Kafka's __transaction_state: every record is read, written again, and what a coordinator makes of
// the whole log is what Kafka's says of it.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "broker/coordinator/transactions/transaction_coordinator.h"
#include "broker/coordinator/versioned_bytes.h"
#include "broker/protocol/messages/transaction_records.h"
#include "broker/protocol/records/batch_reader.h"
#include "broker/protocol/records/java_hash.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

using namespace gregor;
using namespace gregor::coordinator;

namespace {

namespace fs = std::filesystem;
using golden::Json;

constexpr std::size_t kMaxBytes = std::size_t{1} << 20;

Bytes read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream content;
    content << file.rdbuf();
    return Bytes::copy_of(content.str());
}

/// The segments of a case's partitions, in order of their names.
std::vector<std::pair<std::string, Bytes>> segments_of(const fs::path& archive) {
    const fs::path folder = fs::temp_directory_path() / "gregor-transaction-state";
    fs::remove_all(folder);
    fs::create_directories(folder);
    REQUIRE(std::system(
                fmt::format("tar xzf {} -C {}", archive.string(), folder.string()).c_str()) == 0);
    std::vector<fs::path> paths;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (entry.path().extension() == ".log") paths.push_back(entry.path());
    }
    std::ranges::sort(paths);
    std::vector<std::pair<std::string, Bytes>> segments;
    for (const auto& path : paths) {
        segments.emplace_back(path.parent_path().filename().string(), read_file(path));
    }
    fs::remove_all(folder);
    return segments;
}

std::vector<CoordinatorRecord> records_of(const Bytes& segment) {
    std::vector<CoordinatorRecord> found;
    records::BatchReader batches(segment);
    for (;;) {
        const auto batch = batches.next();
        REQUIRE(batch.has_value());
        if (!*batch) return found;
        auto reader = (*batch)->open(kMaxBytes);
        REQUIRE(reader.has_value());
        for (;;) {
            const auto next = reader->next();
            REQUIRE(next.has_value());
            if (*next == nullptr) break;
            CoordinatorRecord record{.key = Bytes::copy_of((*next)->key.value()),
                                     .value = std::nullopt};
            if ((*next)->value) record.value = Bytes::copy_of(*(*next)->value);
            found.push_back(std::move(record));
        }
    }
}

/// Topics stand in the order of Kafka's hash maps; ours are sorted.
void require_same(const CoordinatorRecord& ours, const CoordinatorRecord& kafkas) {
    REQUIRE(ours.key == kafkas.key);
    REQUIRE(ours.value.has_value() == kafkas.value.has_value());
    if (!ours.value) return;
    auto left = decode_versioned<protocol::TransactionLogValue>(*ours.value);
    auto right = decode_versioned<protocol::TransactionLogValue>(*kafkas.value);
    REQUIRE(left.has_value());
    REQUIRE(right.has_value());
    if (right->transaction_partitions) {
        std::ranges::sort(*right->transaction_partitions, {},
                          [](const auto& topic) { return topic.topic; });
    }
    REQUIRE(*left == *right);
    REQUIRE(ours.value->size() == kafkas.value->size());
}

std::string topic_partition(const TransactionPartition& partition) {
    return fmt::format("{}-{}", partition.topic, partition.partition);
}

}  // namespace

TEST_CASE("Kafka's transaction state is read as Kafka reads it, and written again") {
    const fs::path folder = golden::golden_folder() / "logdir";
    std::ifstream json_file(folder / "transaction-state.json");
    if (!json_file) {
        fmt::print("logdir/transaction-state: absent, nothing compared\n");
        return;
    }
    const Json json = Json::parse(json_file);
    std::map<std::string, TransactionCoordinator> coordinators;
    std::size_t records = 0;
    for (const auto& [partition, segment] : segments_of(folder / "transaction-state.tar.gz")) {
        TransactionCoordinator& coordinator =
            coordinators.try_emplace(partition, TransactionConfig{}).first->second;
        for (const CoordinatorRecord& record : records_of(segment)) {
            ++records;
            const auto read = decode_transaction(record);
            REQUIRE(read.has_value());
            REQUIRE(read->has_value());
            const auto& [id, metadata] = **read;
            require_same(metadata ? encode_transaction(id, *metadata, 0) : encode_tombstone(id),
                         record);
            REQUIRE(coordinator.apply({}, record).has_value());
        }
    }
    for (const Json& expected : json["transactions"]) {
        const auto id = expected["transactionalId"].get<std::string>();
        INFO(id);
        const auto partitions = static_cast<std::int32_t>(coordinators.size());
        const auto& coordinator = coordinators.at(
            fmt::format("__transaction_state-{}", records::group_partition(id, partitions)));
        const TransactionMetadata* known = coordinator.find(id);
        REQUIRE(known != nullptr);
        REQUIRE(known->producer.id.value() == expected["producerId"].get<std::int64_t>());
        REQUIRE(known->producer.epoch.value() == expected["producerEpoch"].get<int>());
        REQUIRE(name(known->state) == expected["state"].get<std::string>());
        REQUIRE(known->timeout_ms == expected["timeoutMs"].get<int>());
        std::set<std::string> ours;
        for (const auto& each : known->partitions) ours.insert(topic_partition(each));
        REQUIRE(ours == expected["partitions"].get<std::set<std::string>>());
    }
    for (const auto& [partition, coordinator] : coordinators) coordinator.check_invariants();
    golden::print_compared("logdir/transaction-state", records);
}
