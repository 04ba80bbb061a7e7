// Golden data: files made with Kafka's own code, most of them lines of JSON. They are in the folder
// that GREGOR_GOLDEN names, or else in tests/data/golden, which holds a compact selection. Any file
// may be absent, and then says so.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/bytes.h"

namespace gregor::golden {

using Json = nlohmann::json;

[[nodiscard]] std::filesystem::path golden_folder();

/// The *.jsonl files of a sub-folder by name; empty if there is none.
[[nodiscard]] std::vector<std::filesystem::path> golden_files(std::string_view folder);

/// Calls `use` with each line of a file below the folder ("hashing/crc.jsonl") or of an absolute
/// path; returns how many there were.
std::size_t for_each_line(const std::filesystem::path& path,
                          const std::function<void(const Json&)>& use);

/// The lines of a file; none, and a word on standard output, if it is absent.
[[nodiscard]] std::vector<Json> golden_lines(const std::filesystem::path& path);

void print_compared(std::string_view path, std::size_t count);

[[nodiscard]] Bytes from_hex(const std::string& hex);

/// What a comparison found: printed at its end, and empty if all is well.
class Differences {
public:
    void add(std::string text) { texts_.push_back(std::move(text)); }
    [[nodiscard]] std::size_t count() const { return texts_.size(); }
    /// The first of them, a line each.
    [[nodiscard]] std::string summary() const;

private:
    std::vector<std::string> texts_;
};

}  // namespace gregor::golden
