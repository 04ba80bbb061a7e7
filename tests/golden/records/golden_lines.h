// Golden data: JSON lines made with Kafka's own code, from the folder GREGOR_GOLDEN or else from
// tests/data/golden, which holds a selection. A file that is in neither is reported and skipped.
#pragma once

#include <fmt/format.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/bytes.h"

namespace gregor::golden {

using Json = nlohmann::json;

inline std::string golden_folder() {
    const char* named = std::getenv("GREGOR_GOLDEN");
    return named != nullptr ? named : std::string(GREGOR_SOURCE_DIR) + "/tests/data/golden";
}

/// The lines of a file below the folder ("hashing/crc.jsonl"); none if it is absent.
inline std::vector<Json> golden_lines(const std::string& path) {
    std::vector<Json> lines;
    std::ifstream file(golden_folder() + "/" + path);
    std::string text;
    while (std::getline(file, text)) {
        if (!text.empty()) lines.push_back(Json::parse(text));
    }
    if (lines.empty()) fmt::print("{}: absent, nothing compared\n", path);
    return lines;
}

inline void print_compared(std::string_view path, std::size_t count) {
    fmt::print("{}: {} lines compared\n", path, count);
}

inline Bytes from_hex(const std::string& hex) {
    ByteBuffer bytes(hex.size() / 2 + 1);
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoi(hex.substr(i, 2), nullptr, 16)));
    }
    return std::move(bytes).freeze();
}

}  // namespace gregor::golden
