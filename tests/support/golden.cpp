#include "tests/support/golden.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

namespace gregor::golden {

std::filesystem::path golden_folder() {
    if (const char* named = std::getenv("GREGOR_GOLDEN")) return named;
    return std::filesystem::path(GREGOR_SOURCE_DIR) / "tests/data/golden";
}

std::vector<std::filesystem::path> golden_files(std::string_view folder) {
    std::vector<std::filesystem::path> files;
    std::error_code absent;
    for (const auto& entry :
         std::filesystem::directory_iterator(golden_folder() / folder, absent)) {
        if (entry.path().extension() == ".jsonl") files.push_back(entry.path());
    }
    std::ranges::sort(files);
    return files;
}

std::size_t for_each_line(const std::filesystem::path& path,
                          const std::function<void(const Json&)>& use) {
    std::ifstream file(golden_folder() / path);
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) use(Json::parse(line));
    return lines;
}

std::vector<Json> golden_lines(const std::filesystem::path& path) {
    std::vector<Json> lines;
    for_each_line(path, [&](const Json& line) { lines.push_back(line); });
    if (lines.empty()) fmt::print("{}: absent, nothing compared\n", path.string());
    return lines;
}

void print_compared(std::string_view path, std::size_t count) {
    fmt::print("{}: {} lines compared\n", path, count);
}

Bytes from_hex(const std::string& hex) {
    ByteBuffer buffer(hex.size() / 2 + 1);
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
        const auto nibble = [&](std::size_t at) {
            const char digit = hex[at];
            return static_cast<unsigned>(digit <= '9' ? digit - '0' : digit - 'a' + 10);
        };
        buffer.push_back(static_cast<std::uint8_t>(nibble(i) << 4 | nibble(i + 1)));
    }
    return std::move(buffer).freeze();
}

std::string Differences::summary() const {
    constexpr std::size_t kShown = 30;
    std::string text;
    for (std::size_t i = 0; i < std::min(kShown, texts_.size()); ++i) text += texts_[i] + "\n";
    if (texts_.size() > kShown) text += std::to_string(texts_.size() - kShown) + " more\n";
    return text;
}

}  // namespace gregor::golden
