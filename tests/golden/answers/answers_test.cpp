// A node of ours on the data directory of a real broker, asked what that broker was asked: answers
// must be Kafka's, byte for byte or, where the order of a Java hash map or the broker's address
// show in them, as trees.
//
// Nothing here writes. Retention is off, since many records are older than it keeps them. The
// leader epochs need no allowance: our start raises them by the same two.
//
// One answer is better than Kafka's. Kafka takes an empty segment's largest timestamp to be its
// file's time of modification, so where compaction has emptied a log's first segment, ListOffsets
// by timestamp looks into that one and finds nothing. Ours must then be the record that the files
// have.
#include <algorithm>
#include <map>
#include <sstream>

#include "broker/protocol/records/batch_reader.h"
#include "tests/golden/answers/answer_tree.h"
#include "tests/support/catch.h"
#include "tests/support/golden.h"
#include "tests/support/golden_logdir.h"
#include "tests/unit/server/node_world.h"

using namespace gregor;
using namespace gregor::server::test;
using golden::Files;
using golden::Json;
using protocol::ApiKey;

namespace {

/// Soon after the files were made, when the real broker was started on them.
const WallTime kThen{std::chrono::seconds(1'795'347'700)};

struct Exchange {
    std::string ask;
    std::string api;
    ApiKey key{};
    std::int16_t version = 0;
    Json asked;
    Bytes request;
    Bytes theirs;
    std::optional<Bytes> ours;
};

std::vector<Exchange> recorded_exchanges() {
    std::vector<Exchange> exchanges;
    std::istringstream lines(golden::unzipped("answers.jsonl.gz"));
    for (std::string line; std::getline(lines, line);) {
        const Json json = Json::parse(line);
        exchanges.push_back({.ask = json["ask"],
                             .api = json["api"],
                             .key = ApiKey{json["apiKey"].get<std::int16_t>()},
                             .version = json["version"],
                             .asked = json["request"],
                             .request = golden::from_hex(json["requestHex"].get<std::string>()),
                             .theirs = golden::from_hex(json["responseHex"].get<std::string>()),
                             .ours = std::nullopt});
    }
    return exchanges;
}

void put(simulated::DiskStore& disk, const Files& files) {
    for (const auto& [path, content] : files) {
        const std::string name = "data/" + path;
        REQUIRE(disk.create_directories(name.substr(0, name.rfind('/'))).has_value());
        const auto file = disk.open(name, OpenMode::create_new);
        REQUIRE(file.has_value());
        if (!content.empty()) (*file)->write(0, content, Instant{});
        (*file)->sync();
        REQUIRE(disk.sync_dir(name.substr(0, name.rfind('/'))).has_value());
    }
}

bool is_routed(ApiKey key) {
    return std::ranges::any_of(server::all_routes(),
                               [key](const server::Route& route) { return route.key == key; });
}

/// Why we need not answer as Kafka does; empty if we must.
std::string why_skipped(const Exchange& exchange) {
    if (!is_routed(exchange.key)) return exchange.api + " is not served";
    if (!protocol::find_api(exchange.key)->served.contains(exchange.version)) {
        return exchange.api + " below its first version";
    }
    return "";
}

/// The answer's whole frame; nothing if the node closed the connection or said nothing for 10 s.
std::optional<Bytes> exchange(Runtime& runtime, Connection& connection, const Bytes& request) {
    if (!connection.write(request)) return std::nullopt;
    const Instant deadline = runtime.clock().now() + 10s;
    ByteBuffer answer;
    if (!connection.read(answer, 4, 4, deadline)) return std::nullopt;
    const auto size =
        static_cast<std::size_t>(protocol::detail::load_big_endian<std::int32_t>(answer.data()));
    if (!connection.read(answer, size, size, deadline)) return std::nullopt;
    return std::move(answer).freeze();
}

void ask_our_node(std::vector<Exchange>& exchanges, const Files& files) {
    NodeWorld world(
        {{"log.retention.ms", "-1"},
         {"broker.rack", "rack-a"},
         // The open transaction stays open however long the questions take.
         {"transaction.abort.timed.out.transaction.cleanup.interval.ms", "1000000000"}},
        {.wall_start = kThen, .prepare = [&](simulated::DiskStore& disk) { put(disk, files); }});
    world.as_client([&](Runtime& runtime) {
        rpc::Client first(runtime, {});
        connect(runtime, first);
        auto connection = *runtime.network().connect(kNode);
        for (Exchange& each : exchanges) {
            if (!why_skipped(each).empty()) continue;
            each.ours = exchange(runtime, *connection, each.request);
            if (!each.ours) connection = *runtime.network().connect(kNode);
        }
    });
}

// Where Kafka finds nothing. ----------------------------------------------------------------------

/// What ListOffsets has to say of the first record at or after `timestamp`.
Json first_record_since(const std::vector<Bytes>& segments, std::int64_t timestamp) {
    constexpr std::size_t kMaxUncompressedBytes = std::size_t{1} << 20;
    for (const Bytes& segment : segments) {
        records::BatchReader batches(segment);
        while (const auto batch = batches.next().value()) {
            auto reader = batch->open(kMaxUncompressedBytes);
            REQUIRE(reader.has_value());
            while (const records::RecordView* record = reader->next().value()) {
                if (record->timestamp < timestamp) continue;
                return {{"timestamp", record->timestamp},
                        {"offset", record->offset},
                        {"leaderEpoch", batch->header.partition_leader_epoch}};
            }
        }
    }
    return {};
}

/// Whether this is a search by time that Kafka ended in an empty first segment, and ours is right.
bool is_found_past_empty_segment(const Exchange& exchange, const Json& ours, const Json& theirs,
                                 const Files& files) {
    if (exchange.key != ApiKey::list_offsets) return false;
    const Json& topic = exchange.asked["topics"][0];
    const Json& asked = topic["partitions"][0];
    const Json& missed = theirs["topics"][0]["partitions"][0];
    const std::vector<Bytes> segments = golden::segments_of(
        files, topic["name"].get<std::string>() + "-" + asked["partitionIndex"].dump());
    if (asked["timestamp"] < 0 || missed["errorCode"] != 0 || missed["offset"] != -1) return false;
    if (segments.size() < 2 || !segments.front().empty()) return false;
    Json right = theirs;
    right["topics"][0]["partitions"][0].update(first_record_since(segments, asked["timestamp"]));
    return ours == right;
}

/// How many of what.
class Tally {
public:
    void add(const std::string& what) { ++of_[what]; }
    void print(const char* heading) const {
        for (const auto& [what, count] : of_) fmt::print("  {}{}: {}\n", heading, what, count);
    }

private:
    std::map<std::string, int> of_;
};

/// Holds our answers against Kafka's, and counts.
class Comparison {
public:
    explicit Comparison(const Files& files) : files_(files) {}

    void compare(const Exchange& exchange) {
        ++asked_;
        if (const std::string why = why_skipped(exchange); !why.empty()) return skipped_.add(why);
        ++compared_;
        const std::string name = exchange.api + " v" + std::to_string(exchange.version);
        if (exchange.ours == exchange.theirs) return equal_.add(name);
        if (!exchange.ours) return differ(exchange, ": no answer");
        auto ours = tests::answer_tree(*exchange.ours, exchange.key, exchange.version);
        auto theirs = tests::answer_tree(exchange.theirs, exchange.key, exchange.version);
        REQUIRE(theirs.has_value());
        if (!ours) return differ(exchange, ": not in its layout");
        if (is_found_past_empty_segment(exchange, *ours, *theirs, files_)) {
            return allowed_.add(exchange.api + " found a record past an empty first segment");
        }
        const std::string difference = tests::first_difference(*ours, *theirs);
        if (!difference.empty()) return differ(exchange, difference);
        // Only what shows the broker's address, or follows a Java hash map, may differ in its
        // bytes.
        const bool may_differ =
            exchange.key == ApiKey::metadata || exchange.key == ApiKey::list_groups ||
            exchange.key == ApiKey::offset_fetch || exchange.key == ApiKey::describe_groups ||
            exchange.key == ApiKey::consumer_group_describe ||
            exchange.key == ApiKey::list_transactions || exchange.key == ApiKey::describe_producers;
        if (!may_differ) return differ(exchange, ": the order");
        same_tree_.add(name);
    }

    void print() const {
        fmt::print("answers: asked {}, compared {}\n", asked_, compared_);
        equal_.print("equal bytes, ");
        same_tree_.print("equal but for address and order, ");
        allowed_.print("allowed, ");
        skipped_.print("skipped, ");
    }
    [[nodiscard]] const golden::Differences& differences() const { return differences_; }
    [[nodiscard]] std::size_t compared() const { return compared_; }

private:
    void differ(const Exchange& exchange, const std::string& how) {
        differences_.add(exchange.api + " v" + std::to_string(exchange.version) + how + ", asked " +
                         exchange.asked.dump());
    }

    const Files& files_;
    std::size_t asked_ = 0;
    std::size_t compared_ = 0;
    Tally skipped_;
    Tally equal_;
    Tally same_tree_;
    Tally allowed_;
    golden::Differences differences_;
};

}  // namespace

TEST_CASE("a node on Kafka's data directory answers as Kafka did") {
    std::vector<Exchange> exchanges = recorded_exchanges();
    const Files files = golden::files_of("whole.tar.gz");
    if (exchanges.empty() || files.empty()) {
        WARN("no golden data");
        return;
    }
    ask_our_node(exchanges, files);
    Comparison comparison(files);
    for (const Exchange& exchange : exchanges) comparison.compare(exchange);
    comparison.print();
    INFO(comparison.differences().summary());
    REQUIRE(comparison.differences().count() == 0);
    REQUIRE(comparison.compared() > 0);
}
