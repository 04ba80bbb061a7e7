// Runs the scripts beside this file and holds each transcript against what they say. With
// UPDATE_SCRIPTS=1 they are rewritten instead, to be read as a diff.
//
//     # What this script shows.
//     command
//     command
//     ----
//     what followed, a line each
//     (empty line)
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/script/raft/raft_commands.h"
#include "tests/support/catch.h"

using namespace gregor::raft::test;

namespace {

/// The script with the transcript that it leads to now.
std::string replay(const std::string& script) {
    RaftCommands commands;
    std::string out;
    std::vector<std::string> said;
    bool is_transcript = false;
    std::istringstream in(script);
    for (std::string line; std::getline(in, line);) {
        if (is_transcript) {
            // What the script says followed is replaced by what did.
            if (!line.empty()) continue;
            is_transcript = false;
            out += "\n";
        } else if (line == "----") {
            out += "----\n";
            for (const std::string& each : said) out += each + "\n";
            said.clear();
            is_transcript = true;
        } else {
            out += line + "\n";
            if (line.empty() || line.starts_with("#")) continue;
            for (std::string& each : commands.run(line)) said.push_back(std::move(each));
        }
    }
    return out;
}

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::ostringstream content;
    content << in.rdbuf();
    return content.str();
}

}  // namespace

TEST_CASE("the quorum's scripts lead to what they say") {
    std::vector<std::filesystem::path> scripts;
    for (const auto& entry : std::filesystem::directory_iterator(GREGOR_SCRIPT_DIR)) {
        const bool is_script =
            entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt";
        if (is_script) scripts.push_back(entry.path());
    }
    std::ranges::sort(scripts);
    REQUIRE(scripts.size() >= 20);
    const bool updates = std::getenv("UPDATE_SCRIPTS") != nullptr;
    for (const auto& path : scripts) {
        const std::string script = read_file(path);
        const std::string replayed = replay(script);
        INFO(path.filename().string());
        if (updates) {
            std::ofstream(path) << replayed;
        } else {
            REQUIRE(replayed == script);
        }
    }
}
