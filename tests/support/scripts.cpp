#include "tests/support/scripts.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/support/catch.h"

namespace gregor::testing {
namespace {

/// The script with the transcript that it leads to now.
std::string replay(const std::string& script, const ScriptCommand& run) {
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
            for (std::string& each : run(line)) said.push_back(std::move(each));
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

void require_scripts(const std::filesystem::path& folder, std::size_t at_least,
                     const std::function<ScriptCommand()>& start) {
    std::vector<std::filesystem::path> scripts;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const bool is_script =
            entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt";
        if (is_script) scripts.push_back(entry.path());
    }
    std::ranges::sort(scripts);
    REQUIRE(scripts.size() >= at_least);
    const bool updates = std::getenv("UPDATE_SCRIPTS") != nullptr;
    for (const auto& path : scripts) {
        const std::string script = read_file(path);
        const std::string replayed = replay(script, start());
        INFO(path.filename().string());
        if (updates) {
            std::ofstream(path) << replayed;
        } else {
            REQUIRE(replayed == script);
        }
    }
}

}  // namespace gregor::testing
