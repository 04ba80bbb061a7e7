// Kafka's log directories: every file is read as Kafka reads it, opened as a log, recovered as
// after a crash, and written again, and each step is held against what Kafka says of the same
// files.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "broker/log/log_manager.h"
#include "broker/log/producer_snapshot.h"
#include "tests/support/golden.h"
#include "tests/support/log_harness.h"

namespace gregor::log::testing {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

/// Soon after the golden data was made: producers idle for a day before that have expired.
const WallTime kThen{std::chrono::seconds(1'795'347'700)};

std::string golden_logdir() { return golden::golden_folder() / "logdir"; }

/// How much was compared, printed at the end of each test.
struct Counts {
    std::map<std::string, int> of;
    ~Counts() {
        std::string line = "logdir:";
        for (const auto& [what, count] : of) line += fmt::format(" {}={}", what, count);
        fmt::print("{}\n", line);
    }
};

struct Case {
    std::string name;
    Json json;
    std::map<std::string, Bytes> files;  // by path

    [[nodiscard]] std::set<std::string> folders() const {
        std::set<std::string> found;
        for (const auto& [path, bytes] : files) {
            const std::string folder = path.substr(0, path.find('/'));
            if (folder != path && parse_partition_folder(folder)) found.insert(folder);
        }
        return found;
    }
};

std::optional<Case> load_case(const std::string& name) {
    const std::string archive = golden_logdir() + "/" + name + ".tar.gz";
    std::ifstream json_file(golden_logdir() + "/" + name + ".json");
    if (!json_file || !fs::exists(archive)) {
        fmt::print("logdir/{}: absent, nothing compared\n", name);
        return std::nullopt;
    }
    Case loaded{.name = name, .json = Json::parse(json_file), .files = {}};
    const fs::path folder = fs::temp_directory_path() / ("gregor-logdir-" + name);
    fs::remove_all(folder);
    fs::create_directories(folder);
    REQUIRE(std::system(fmt::format("tar xzf {} -C {}", archive, folder.string()).c_str()) == 0);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        std::stringstream content;
        content << file.rdbuf();
        std::string path = entry.path().lexically_relative(folder).string();
        if (path.starts_with("./")) path = path.substr(2);
        loaded.files.emplace(path, Bytes::copy_of(content.str()));
    }
    fs::remove_all(folder);
    return loaded;
}

std::vector<std::string> case_names() {
    std::vector<std::string> names;
    if (!fs::exists(golden_logdir())) return names;
    for (const auto& entry : fs::directory_iterator(golden_logdir())) {
        if (entry.path().extension() == ".json") names.push_back(entry.path().stem());
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// The integer after "key: " in a line of Kafka's dump tool.
std::optional<std::int64_t> number_after(const std::string& line, const std::string& key) {
    const std::size_t at = line.find(key + ": ");
    if (at == std::string::npos) return std::nullopt;
    return std::stoll(line.substr(at + key.size() + 2));
}

Offset base_of(const std::string& path) {
    return Offset(std::stoll(path.substr(path.rfind('/') + 1, 20)));
}

// Files. -----------------------------------------------------------------------------------------

void compare_index(const Json& dump, const OffsetIndex& index) {
    std::vector<std::pair<std::int64_t, std::int64_t>> expected;
    for (const std::string line : dump) {
        const auto offset = number_after(line, "offset");
        if (!offset || !line.starts_with("offset: ")) continue;
        if (*number_after(line, "position") == 0) continue;  // padding
        expected.emplace_back(*offset, *number_after(line, "position"));
    }
    REQUIRE(index.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(index.base_offset().value() + index.entries()[i].relative_offset ==
                expected[i].first);
        REQUIRE(index.entries()[i].position == expected[i].second);
    }
}

void compare_time_index(const Json& dump, const TimeIndex& index) {
    std::vector<std::pair<std::int64_t, std::int64_t>> expected;
    for (const std::string line : dump) {
        const auto timestamp = number_after(line, "timestamp");
        if (!timestamp || !line.starts_with("timestamp: ")) continue;
        if (*timestamp == 0) continue;  // padding
        expected.emplace_back(*timestamp, *number_after(line, "offset"));
    }
    REQUIRE(index.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(index.entries()[i].timestamp == expected[i].first);
        REQUIRE(index.base_offset().value() + index.entries()[i].relative_offset ==
                expected[i].second);
    }
}

void compare_transaction_index(const Json& dump, const TransactionIndex& index) {
    std::vector<std::string> expected;
    for (const std::string line : dump) {
        if (line.starts_with("version: ")) expected.push_back(line);
    }
    REQUIRE(index.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const AbortedTransaction& entry = index.entries()[i];
        REQUIRE(fmt::format("version: 0 producerId: {} firstOffset: {} lastOffset: {} "
                            "lastStableOffset: {}",
                            entry.producer_id, entry.first_offset, entry.last_offset,
                            entry.last_stable_offset) == expected[i]);
    }
}

std::string dump_line(const ProducerEntry& entry) {
    const ProducerBatch last = entry.batches.empty() ? ProducerBatch{} : entry.batches.back();
    const std::string open = entry.current_txn_first_offset
                                 ? fmt::format("OptionalLong[{}]", *entry.current_txn_first_offset)
                                 : "OptionalLong.empty";
    std::string line = fmt::format(
        "producerId: {} producerEpoch: {} coordinatorEpoch: {} currentTxnFirstOffset: {} "
        "lastTimestamp: {}",
        entry.producer_id, entry.producer_epoch, entry.coordinator_epoch, open,
        entry.last_timestamp);
    if (entry.batches.empty()) return line;
    return line + fmt::format(
                      " firstSequence: {} lastSequence: {} lastOffset: {} offsetDelta: {} "
                      "timestamp: {}",
                      last.first_sequence(), last.last_sequence, last.last_offset,
                      last.offset_delta, last.timestamp);
}

void compare_snapshot(const Json& dump, const std::vector<ProducerEntry>& entries) {
    std::vector<std::string> expected;
    for (const std::string line : dump) {
        if (line.starts_with("producerId: ")) expected.push_back(line);
    }
    REQUIRE(entries.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
        REQUIRE(expected[i].substr(0, dump_line(entries[i]).size()) == dump_line(entries[i]));
    }
}

/// The batches that Kafka's tool lists, and ours.
int compare_log(const Json& dump, const Bytes& content) {
    records::BatchReader reader(content);
    int batches = 0;
    for (const std::string line : dump) {
        if (!line.starts_with("baseOffset: ")) continue;
        const std::size_t position = reader.position();
        const auto batch = reader.next();
        REQUIRE(batch);
        REQUIRE(*batch);
        const BatchHeader& header = (*batch)->header;
        REQUIRE(header.base_offset == *number_after(line, "baseOffset"));
        REQUIRE(header.last_offset() == *number_after(line, "lastOffset"));
        REQUIRE(header.record_count == *number_after(line, "count"));
        REQUIRE(header.partition_leader_epoch == *number_after(line, "partitionLeaderEpoch"));
        REQUIRE(static_cast<std::int64_t>(position) == *number_after(line, "position"));
        REQUIRE(static_cast<std::int64_t>(header.size_in_bytes()) == *number_after(line, " size"));
        REQUIRE(header.crc == *number_after(line, "crc"));
        REQUIRE((line.find("isvalid: true") != std::string::npos) == (*batch)->has_valid_crc());
        ++batches;
    }
    REQUIRE(reader.position() == content.size());
    return batches;
}

/// Reads one file and writes it again; gives what kind it was.
std::string compare_file(const std::string& path, const Bytes& content, const Json& dump,
                         std::uint64_t log_size) {
    const Json lines = dump.is_array() ? dump : Json::array();
    const bool dumped = dump.is_array();
    if (path.ends_with(kLogSuffix)) {
        if (dumped) compare_log(lines, content);
        return "log";
    }
    if (path.ends_with(kTimeIndexSuffix)) {
        const auto index = TimeIndex::decode(base_of(path), content);
        REQUIRE(index);
        if (dumped) compare_time_index(lines, *index);
        const Bytes again = index->encode();
        REQUIRE(again == content.slice(0, again.size()));
        return "timeindex";
    }
    if (path.ends_with(kTransactionIndexSuffix)) {
        const auto index = TransactionIndex::decode(base_of(path), content);
        REQUIRE(index);
        if (dumped) compare_transaction_index(lines, *index);
        REQUIRE(index->encode() == content);
        return "txnindex";
    }
    if (path.ends_with(kIndexSuffix)) {
        const auto index = OffsetIndex::decode(base_of(path), content, log_size);
        REQUIRE(index);
        if (dumped) compare_index(lines, *index);
        const Bytes again = index->encode();
        REQUIRE(again == content.slice(0, again.size()));
        return "index";
    }
    if (path.ends_with(kSnapshotSuffix)) {
        const auto entries = decode_producer_snapshot(content);
        REQUIRE(entries);
        if (dumped) compare_snapshot(lines, *entries);
        REQUIRE(encode_producer_snapshot(*entries) == content);
        return "snapshot";
    }
    if (path.ends_with(kEpochCheckpointName)) {
        const auto entries = parse_epoch_checkpoint(content.text());
        REQUIRE(entries);
        REQUIRE(format_epoch_checkpoint(*entries) == content.text());
        return "epochs";
    }
    if (path.ends_with(kPartitionMetadataName)) {
        const auto id = parse_partition_metadata(content.text());
        REQUIRE(id);
        REQUIRE(format_partition_metadata(*id) == content.text());
        return "partition.metadata";
    }
    if (path.ends_with("-offset-checkpoint")) {
        const auto offsets = parse_offset_checkpoint(content.text());
        REQUIRE(offsets);
        // Kafka's order is that of a hash map.
        REQUIRE(format_offset_checkpoint(*offsets).size() == content.size());
        return "offset checkpoint";
    }
    if (path.ends_with("meta.properties")) {
        const auto properties = parse_meta_properties(content.text());
        REQUIRE(properties);
        REQUIRE(properties->node_id == protocol::NodeId(1));
        REQUIRE(properties->directory_id);
        return "meta.properties";
    }
    if (path.ends_with(".kafka_cleanshutdown")) {
        const auto epoch = parse_clean_shutdown(content.text());
        REQUIRE(epoch);
        REQUIRE(format_clean_shutdown(*epoch) == content.text());
        return "clean shutdown";
    }
    return "not compared";  // the metadata quorum's files
}

TEST_CASE("every file of Kafka's is read as Kafka reads it, and written to the same bytes") {
    Counts counts;
    for (const std::string& name : case_names()) {
        const auto golden = load_case(name);
        if (!golden) continue;
        for (const Json& file : golden->json["files"]) {
            const std::string path = file["path"];
            INFO(name << "/" << path);
            const auto at = golden->files.find(path);
            REQUIRE(at != golden->files.end());
            REQUIRE(at->second.size() == file["size"].get<std::size_t>());
            std::uint64_t log_size = 0;
            if (path.ends_with(kIndexSuffix)) {
                const std::string log = path.substr(0, path.size() - kIndexSuffix.size()) + ".log";
                const auto log_file = golden->files.find(log);
                if (log_file != golden->files.end()) log_size = log_file->second.size();
            }
            ++counts.of[compare_file(path, at->second, file.value("dump", Json()), log_size)];
        }
    }
}

// Logs. ------------------------------------------------------------------------------------------

void put_on_disk(LogHarness& harness, const Case& golden) {
    simulated::DiskStore& store = *harness.disk().store;
    for (const auto& [path, content] : golden.files) {
        const std::string full = "data/" + path;
        REQUIRE(store.create_directories(full.substr(0, full.rfind('/'))));
        const auto file = store.open(full, OpenMode::create);
        REQUIRE(file);
        if (!content.empty()) (*file)->write(0, content, {});
        (*file)->sync();
    }
}

LogConfigRef config_of(const Case& golden, const std::string& topic) {
    std::map<std::string, std::string> overrides;
    const Json topics = golden.json.value("topics", Json::object());
    if (topics.contains(topic)) {
        const Json configs = topics[topic].value("configs", Json::object());
        for (const auto& [key, value] : configs.items()) {
            if (value.is_string()) overrides.emplace(key, value.get<std::string>());
        }
    }
    const auto config = LogConfig::with({}, overrides);
    REQUIRE(config);
    return std::make_shared<LogConfig>(*config);
}

LogOptions options_for(const Case& golden, const std::string& folder, bool clean) {
    LogOptions options;
    options.partition = *parse_partition_folder(folder);
    options.folder = "data/" + folder;
    options.config = config_of(golden, options.partition.topic);
    options.clean_shutdown = clean;
    const Json reads = golden.json.value("read_uncommitted", Json::object());
    if (reads.contains(folder)) {
        options.log_start_offset = Offset(reads[folder]["beginningOffset"].get<std::int64_t>());
    }
    return options;
}

/// The offsets that a read_committed consumer is given.
std::vector<std::int64_t> committed_offsets(Log& log) {
    std::vector<std::int64_t> offsets;
    const Offset end = log.last_stable_offset();
    const auto aborted = log.aborted_transactions(log.log_start_offset(), end);
    REQUIRE(aborted);
    for (const StoredBatch& batch : read_all(log, log.log_start_offset())) {
        if (batch.header.base_offset >= end.value()) break;
        if (batch.header.is_control()) continue;
        const bool dropped =
            batch.header.is_transactional() &&
            std::any_of(aborted->begin(), aborted->end(), [&](const AbortedTransaction& txn) {
                return txn.producer_id.value() == batch.header.producer_id &&
                       txn.first_offset.value() <= batch.header.base_offset &&
                       txn.last_offset.value() > batch.header.base_offset;
            });
        if (dropped) continue;
        auto records = records::RecordReader::open(
            batch.header, batch.bytes.span().subspan(kBatchHeaderSize), 1 << 28);
        REQUIRE(records);
        while (true) {
            const auto record = records->next();
            REQUIRE(record);
            if (*record == nullptr) break;
            if ((*record)->offset >= log.log_start_offset().value()) {
                offsets.push_back((*record)->offset);
            }
        }
    }
    return offsets;
}

void compare_producers(const Json& expected, const Log& log, Counts& counts) {
    REQUIRE(log.producers().entries().size() <= expected.size());
    for (const Json& producer : expected) {
        const std::int64_t idle =
            to_epoch_ms(kThen) - producer["lastTimestamp"].get<std::int64_t>();
        if (idle >= 86'400'000 && producer["currentTransactionStartOffset"].is_null()) {
            // The broker was asked before it looked for expired producers; a restart forgets them.
            ++counts.of["expired producers"];
            continue;
        }
        const ProducerEntry* entry =
            log.producers().find(ProducerId(producer["producerId"].get<std::int64_t>()));
        REQUIRE(entry);
        REQUIRE(entry->producer_epoch.value() == producer["producerEpoch"].get<std::int16_t>());
        REQUIRE(entry->last_sequence() == producer["lastSequence"].get<std::int32_t>());
        REQUIRE(entry->last_timestamp == producer["lastTimestamp"].get<std::int64_t>());
        REQUIRE(entry->coordinator_epoch == producer["coordinatorEpoch"].get<std::int32_t>());
        const Json open = producer["currentTransactionStartOffset"];
        REQUIRE(entry->current_txn_first_offset.has_value() == !open.is_null());
        if (!open.is_null()) {
            REQUIRE(entry->current_txn_first_offset->value() == open.get<std::int64_t>());
        }
        ++counts.of["producers"];
    }
}

void compare_opened(const Case& golden, const std::string& folder, Log& log, Counts& counts) {
    const Json uncommitted = golden.json.value("read_uncommitted", Json::object());
    if (!uncommitted.contains(folder)) return;
    const Json& reads = uncommitted[folder];
    REQUIRE(log.log_end_offset().value() == reads["highWatermark"].get<std::int64_t>());
    REQUIRE(log.log_start_offset().value() == reads["beginningOffset"].get<std::int64_t>());
    log.set_high_watermark(log.log_end_offset());
    const Json times = reads.value("offsetForTime", Json::object());
    for (const auto& [time, answer] : times.items()) {
        const auto found = log.offset_for_time(std::stoll(time));
        REQUIRE(found);
        INFO("time " << time);
        if (answer.is_null() && *found) {
            // Kafka looks into one segment only, and gives up if cleaning has left nothing there;
            // ours goes on to the smallest offset of a later one.
            REQUIRE(folder.find("compact") != std::string::npos);
            const TimestampOffset ours = (*found)->found;
            for (const Json& record : reads.value("records", Json::array())) {
                if (record["o"].get<std::int64_t>() >= ours.offset.value()) break;
                REQUIRE(record["ts"].get<std::int64_t>() < std::stoll(time));
            }
            ++counts.of["times that Kafka does not find"];
            continue;
        }
        REQUIRE(found->has_value() == !answer.is_null());
        if (answer.is_null()) continue;
        REQUIRE((*found)->found.offset.value() == answer["offset"].get<std::int64_t>());
        REQUIRE((*found)->found.timestamp == answer["timestamp"].get<std::int64_t>());
        REQUIRE((*found)->leader_epoch.value() == answer["leaderEpoch"].get<std::int32_t>());
        ++counts.of["offsets for times"];
    }
    const Json committed = golden.json.value("read_committed", Json::object());
    if (committed.contains(folder)) {
        REQUIRE(log.last_stable_offset().value() ==
                committed[folder]["lastStableOffset"].get<std::int64_t>());
        if (committed[folder].contains("offsets")) {
            const auto expected = committed[folder]["offsets"].get<std::vector<std::int64_t>>();
            REQUIRE(committed_offsets(log) == expected);
            counts.of["committed offsets"] += static_cast<int>(expected.size());
        }
    }
    const Json producers = golden.json.value("producers", Json::object());
    log.expire_producers();
    if (producers.contains(folder)) compare_producers(producers[folder], log, counts);
    ++counts.of["logs"];
}

TEST_CASE("Kafka's logs open with the marks, times, transactions and producers that Kafka has") {
    Counts counts;
    for (const std::string& name : case_names()) {
        const auto golden = load_case(name);
        if (!golden) continue;
        for (const bool clean : {true, false}) {
            LogHarness harness(1, kThen);
            put_on_disk(harness, *golden);
            harness.run([&](Runtime& runtime) {
                for (const std::string& folder : golden->folders()) {
                    if (folder.starts_with(kMetadataTopic)) continue;
                    INFO(name << "/" << folder << (clean ? " as left" : " recovered"));
                    const auto log = open_log(runtime, options_for(*golden, folder, clean));
                    compare_opened(*golden, folder, *log, counts);
                    log->check_invariants_fully();
                    REQUIRE(log->close());
                }
            });
        }
    }
}

TEST_CASE("recovery makes the indexes anew as Kafka had made them") {
    Counts counts;
    std::vector<std::string> differences;
    std::set<std::string> epochs_differ;  // in more than entries at the log's end
    for (const std::string& name : case_names()) {
        const auto golden = load_case(name);
        if (!golden || name.find("crashed") != std::string::npos) continue;
        LogHarness harness(1, kThen);
        put_on_disk(harness, *golden);
        harness.run([&](Runtime& runtime) {
            for (const std::string& folder : golden->folders()) {
                if (folder.starts_with(kMetadataTopic)) continue;
                REQUIRE(open_log(runtime, options_for(*golden, folder, false))->close());
            }
        });
        for (const auto& [path, content] : golden->files) {
            const bool index = path.ends_with(kIndexSuffix) || path.ends_with(kTimeIndexSuffix) ||
                               path.ends_with(kTransactionIndexSuffix);
            const bool other = path.ends_with(kLogSuffix) || path.ends_with(kEpochCheckpointName);
            if (path.starts_with(kMetadataTopic) || (!index && !other)) continue;
            if (path.find('/') == std::string::npos) continue;
            const auto file = harness.disk().store->open("data/" + path, OpenMode::read);
            if (!file || !((*file)->read(0, 1 << 28) == content)) {
                differences.push_back(name + "/" + path);
                if (!path.ends_with(kEpochCheckpointName) || !file) continue;
                const std::string folder = path.substr(0, path.find('/'));
                const Json reads = golden->json.value("read_uncommitted", Json::object());
                REQUIRE(reads.contains(folder));
                LeaderEpochCache theirs(*parse_epoch_checkpoint(content.text()));
                theirs.truncate_from_end(
                    Offset(reads[folder]["highWatermark"].get<std::int64_t>()));
                if ((*file)->read(0, 1 << 20).text() != format_epoch_checkpoint(theirs.entries())) {
                    epochs_differ.insert(name + "/" + path);
                }
            } else {
                ++counts.of["equal files"];
            }
        }
    }
    for (const std::string& path : differences) fmt::print("differs: {}\n", path);
    counts.of["different files"] = static_cast<int>(differences.size());
    const auto explained = [&](const std::string& path) {
        // Cleaned segments: Kafka's cleaner enters index entries by its own write chunks.
        for (const char* compacted : {"compact", "__consumer_offsets", "__transaction_state"}) {
            if (path.find(compacted) != std::string::npos) return true;
        }
        // Entries of leaders that wrote nothing go at start, in Kafka as in ours.
        if (path.ends_with(kEpochCheckpointName)) return !epochs_differ.contains(path);
        // A broker that was restarted starts to count the index interval anew.
        return path.find("ndex") != std::string::npos &&
               (path.find("t-plain") != std::string::npos ||
                path.find("t-retention") != std::string::npos ||
                path.find("t-txn") != std::string::npos ||
                path.find("t-delrec") != std::string::npos);
    };
    for (const std::string& path : differences) {
        INFO(path);
        REQUIRE(explained(path));
    }
}

TEST_CASE("a directory that Kafka left in a crash is recovered to what Kafka recovered") {
    Counts counts;
    const auto crashed = load_case("crashed");
    const auto recovered = load_case("crash-recovered");
    if (!crashed || !recovered) return;
    LogHarness harness(1, kThen);
    put_on_disk(harness, *crashed);
    // The files that the cluster test takes away are Kafka's own of that directory.
    const auto manager_options = [&] {
        return LogManagerOptions{
            .folders = {"data"},
            .cluster_id = "zaL9798egFAqSvNgSBWNvw",
            .node_id = protocol::NodeId(1),
            .config_of = [&](const std::string& topic) { return config_of(*crashed, topic); }};
    };
    harness.run([&](Runtime& runtime) {
        const auto manager = LogManager::open(runtime, manager_options());
        if (!manager) FAIL(manager.error().text);
        REQUIRE(!(*manager)->previous_broker_epoch());
        const LogRef log = (*manager)->find({"t-crash", 0});
        REQUIRE(log);
        log->set_high_watermark(log->log_end_offset());
        REQUIRE((*manager)->shut_down(217));
    });
    for (const auto& [path, content] : recovered->files) {
        if (!path.starts_with("t-crash-0/")) continue;
        INFO(path);
        const auto file = harness.disk().store->open("data/" + path, OpenMode::read);
        REQUIRE(file);
        REQUIRE((*file)->read(0, 1 << 28) == content);
        ++counts.of["files equal to Kafka's recovery"];
    }
}

}  // namespace
}  // namespace gregor::log::testing
