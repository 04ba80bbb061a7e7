// A node of ours on the data directory of a real broker, asked what that broker was asked: answers
// must be Kafka's, byte for byte or, where the order of a Java hash map or the broker's address show
// in them, as trees.
//
// Each is asked again in its own world with the same files, so the archive's broker settings do not
// matter: nothing here writes, and retention is off since the records are older than the files.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "tests/golden/answers/answer_tree.h"
#include "tests/golden/wire/golden_files.h"
#include "tests/support/catch.h"
#include "tests/unit/server/node_world.h"

using namespace gregor;
using namespace gregor::server::test;
using protocol::ApiKey;
using tests::Json;

namespace {

namespace fs = std::filesystem;

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

/// The output of a command of the system; empty if it fails.
std::string output_of(const std::string& command) {
    std::string text;
    FILE* pipe = ::popen(command.c_str(), "r");
    if (pipe == nullptr) return text;
    std::array<char, 65536> buffer{};
    for (std::size_t size = 0; (size = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) {
        text.append(buffer.data(), size);
    }
    return ::pclose(pipe) == 0 ? text : std::string();
}

fs::path logdir() { return tests::golden_folder() / "logdir"; }

std::vector<Exchange> recorded_exchanges() {
    std::vector<Exchange> exchanges;
    const fs::path file = logdir() / "answers.jsonl.gz";
    if (!fs::exists(file)) return exchanges;
    std::istringstream lines(output_of("gzip -dc '" + file.string() + "'"));
    for (std::string line; std::getline(lines, line);) {
        const Json json = Json::parse(line);
        exchanges.push_back({.ask = json["ask"],
                             .api = json["api"],
                             .key = ApiKey{json["apiKey"].get<std::int16_t>()},
                             .version = json["version"],
                             .asked = json["request"],
                             .request = tests::from_hex(json["requestHex"].get<std::string>()),
                             .theirs = tests::from_hex(json["responseHex"].get<std::string>()),
                             .ours = std::nullopt});
    }
    return exchanges;
}

std::map<std::string, Bytes> files_of(const std::string& archive) {
    std::map<std::string, Bytes> files;
    if (!fs::exists(logdir() / archive)) return files;
    const fs::path folder = fs::temp_directory_path() / "gregor-golden-answers";
    fs::remove_all(folder);
    fs::create_directories(folder);
    output_of("tar xzf '" + (logdir() / archive).string() + "' -C '" + folder.string() + "'");
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        std::stringstream content;
        content << file.rdbuf();
        files.emplace(entry.path().lexically_relative(folder).lexically_normal().string(),
                      Bytes::copy_of(content.str()));
    }
    fs::remove_all(folder);
    return files;
}

void put(simulated::DiskStore& disk, const std::map<std::string, Bytes>& files) {
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

void ask_our_node(std::vector<Exchange>& exchanges, const std::map<std::string, Bytes>& files) {
    NodeWorld world({{"log.retention.ms", "-1"}, {"auto.create.topics.enable", "false"}},
                    {.wall_start = kThen,
                     .prepare = [&](simulated::DiskStore& disk) { put(disk, files); }});
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

/// "Fetch 12: 934" by what is counted.
class Tally {
public:
    void add(const std::string& what) { ++of_[what]; }
    void print(const char* heading) const {
        for (const auto& [what, count] : of_) fmt::print("  {}{}: {}\n", heading, what, count);
    }

private:
    std::map<std::string, int> of_;
};

}  // namespace

TEST_CASE("a node on Kafka's data directory answers as Kafka did") {
    std::vector<Exchange> exchanges = recorded_exchanges();
    const std::map<std::string, Bytes> files = files_of("whole.tar.gz");
    if (exchanges.empty() || files.empty()) {
        WARN("no golden data");
        return;
    }
    ask_our_node(exchanges, files);
    Tally skipped;
    Tally equal_bytes;
    Tally equal_trees;
    std::map<std::string, std::vector<std::string>> differences;
    std::size_t compared = 0;
    for (const Exchange& each : exchanges) {
        if (const std::string why = why_skipped(each); !why.empty()) {
            skipped.add(why);
            continue;
        }
        ++compared;
        const std::string name = each.api + " v" + std::to_string(each.version);
        if (!each.ours) {
            differences[each.api + " unanswered"].push_back(each.asked.dump());
            continue;
        }
        if (*each.ours == each.theirs) {
            equal_bytes.add(name);
            continue;
        }
        const auto ours = tests::answer_tree(*each.ours, each.key, each.version);
        const auto theirs = tests::answer_tree(each.theirs, each.key, each.version);
        REQUIRE(theirs.has_value());
        const std::string difference =
            ours ? tests::first_difference(*ours, *theirs) : std::string(": not in its layout");
        if (difference.empty()) {
            equal_trees.add(name);
        } else {
            differences[each.api + difference.substr(0, difference.find(':'))].push_back(
                name + difference + " asked " + each.asked.dump());
        }
    }
    fmt::print("answers: asked {}, compared {}\n", exchanges.size(), compared);
    skipped.print("skipped, ");
    equal_bytes.print("equal bytes, ");
    equal_trees.print("equal trees, ");
    std::size_t different = 0;
    for (const auto& [kind, texts] : differences) {
        different += texts.size();
        fmt::print("  different, {}: {}\n", kind, texts.size());
        for (std::size_t i = 0; i < std::min<std::size_t>(texts.size(), 5); ++i) {
            fmt::print("    {}\n", texts[i].substr(0, 900));
        }
    }
    REQUIRE(different == 0);
    REQUIRE(compared > 0);
}
