// A __cluster_metadata directory that Kafka 3.9 wrote: every record reads as Kafka's own dump says
// and is written back to the same bytes; the log adds up to the image of each of Kafka's snapshots;
// and that image survives a snapshot of our own.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "broker/metadata/metadata_batch.h"
#include "broker/metadata/metadata_loader.h"
#include "broker/metadata/snapshot.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"

using namespace gregor;
using namespace gregor::metadata;
using nlohmann::json;

namespace {

/// The unpacked directory and Kafka's dumps of its files; empty if there is no golden data.
class Golden {
public:
    Golden() {
        const std::filesystem::path logdir = golden::golden_folder() / "logdir";
        const auto archive = logdir / "cluster-metadata.tar.gz";
        if (!std::filesystem::exists(archive)) return;
        root_ = std::filesystem::temp_directory_path() /
                fmt::format("gregor-golden-metadata-{}", ::getpid());
        std::filesystem::create_directories(root_);
        REQUIRE(std::system(
                    fmt::format("tar xzf {} -C {}", archive.string(), root_.string()).c_str()) ==
                0);
        const json description = json::parse(std::ifstream(logdir / "cluster-metadata.json"));
        for (const json& file : description["files"]) {
            if (file.contains("dump")) dumps_[file["path"]] = file["dump"];
        }
    }
    ~Golden() {
        if (!root_.empty()) std::filesystem::remove_all(root_);
    }
    Golden(const Golden&) = delete;
    Golden& operator=(const Golden&) = delete;

    [[nodiscard]] Bytes read(const std::string& path) const {
        std::ifstream file(root_ / path, std::ios::binary);
        std::stringstream text;
        text << file.rdbuf();
        return Bytes::copy_of(text.str());
    }

    /// Paths with this ending, in order.
    [[nodiscard]] std::vector<std::string> paths(std::string_view ending) const {
        std::vector<std::string> found;
        for (const auto& [path, dump] : dumps_) {
            if (path.ends_with(ending)) found.push_back(path);
        }
        return found;
    }

    /// What Kafka's dump says of each record: offset → payload.
    [[nodiscard]] std::map<std::int64_t, json> payloads(const std::string& path) const {
        std::map<std::int64_t, json> found;
        for (const auto& line : dumps_.at(path)) {
            const auto text = line.get<std::string>();
            const std::size_t offset = text.find("| offset: ");
            const std::size_t payload = text.find("payload: ");
            if (offset == std::string::npos || payload == std::string::npos) continue;
            found[std::stoll(text.substr(offset + 10))] = json::parse(text.substr(payload + 9));
        }
        return found;
    }

private:
    std::filesystem::path root_;
    std::map<std::string, json> dumps_;
};

struct ReadFile {
    std::vector<OffsetRecord> records;
    std::vector<records::BatchHeader> headers;
};

ReadFile read_records(const Bytes& file) {
    ReadFile result;
    records::BatchReader batches(file.span());
    while (true) {
        const auto batch = batches.next();
        REQUIRE(batch);
        if (!*batch) break;
        result.headers.push_back((*batch)->header);
        if ((*batch)->header.is_control()) continue;
        auto decoded = decode_batch(**batch);
        REQUIRE(decoded);
        std::vector<VersionedRecord> again;
        for (const OffsetRecord& each : *decoded) again.push_back(each.record);
        const Bytes rewritten = encode_batch(
            again, {.base_offset = protocol::Offset((*batch)->header.base_offset),
                    .epoch = protocol::LeaderEpoch((*batch)->header.partition_leader_epoch),
                    .timestamp_ms = (*batch)->header.base_timestamp});
        REQUIRE(rewritten == Bytes::copy_of((*batch)->bytes));
        std::ranges::move(*decoded, std::back_inserter(result.records));
    }
    REQUIRE(batches.position() == file.size());
    return result;
}

}  // namespace

TEST_CASE(
    "every metadata record reads as Kafka's dump says, and is written back to the same bytes") {
    const Golden golden;
    std::size_t compared = 0;
    for (const char* const ending : {".log", ".checkpoint"}) {
        for (const std::string& path : golden.paths(ending)) {
            INFO(path);
            const auto payloads = golden.payloads(path);
            const ReadFile file = read_records(golden.read(path));
            REQUIRE(file.records.size() == payloads.size());
            for (const OffsetRecord& each : file.records) {
                const json& wanted = payloads.at(each.offset.value());
                REQUIRE(json::parse(to_json_text(each.record)) == wanted);
                ++compared;
            }
        }
    }
    if (!golden.paths(".log").empty()) REQUIRE(compared > 300);
}

TEST_CASE("the log adds up to the image of each of Kafka's snapshots, and ours reads back equal") {
    const Golden golden;
    MetadataLoader loader;
    std::map<std::int64_t, MetadataImage> images;  // by end offset
    images[0] = {};
    for (const std::string& path : golden.paths(".log")) {
        const ReadFile file = read_records(golden.read(path));
        for (const OffsetRecord& each : file.records) {
            const auto applied = loader.apply(each.offset, each.record.record);
            REQUIRE(applied);
            images[loader.next_offset().value()] = loader.visible();
        }
    }
    std::size_t compared = 0;
    for (const std::string& path : golden.paths(".checkpoint")) {
        const auto id = parse_snapshot_file_name(path.substr(path.find('/') + 1));
        if (!id) continue;  // bootstrap.checkpoint
        INFO(path);
        const auto kafkas = decode_snapshot(golden.read(path));
        REQUIRE(kafkas);
        const MetadataImage& image = std::prev(images.upper_bound(id->end_offset.value()))->second;
        REQUIRE(kafkas->image == image);
        ++compared;

        const SnapshotContents contents{.image = image, .last_contained_log_timestamp_ms = 17};
        ByteBuffer ours;
        for (const Bytes& batch : encode_snapshot(contents, id->epoch, 18)) ours.append(batch);
        const Bytes bytes = std::move(ours).freeze();
        const auto back = decode_snapshot(bytes);
        REQUIRE(back);
        REQUIRE(back->image == image);
        REQUIRE(back->last_contained_log_timestamp_ms == 17);
        REQUIRE(!decode_snapshot(bytes.slice(0, bytes.size() - 75)));  // without its footer
    }
    if (!golden.paths(".log").empty()) REQUIRE(compared == 3);
}
