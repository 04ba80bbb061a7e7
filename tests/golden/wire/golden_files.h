// Reads the golden data: lines of JSON made with Kafka's own code. The folder is $GREGOR_GOLDEN, or
// the compact selection in tests/data/golden. Any file may be absent.
#pragma once

#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/bytes.h"

namespace gregor::tests {

using Json = nlohmann::json;

[[nodiscard]] std::filesystem::path golden_folder();

/// The *.jsonl files of a sub-folder by name; empty if there is none.
[[nodiscard]] std::vector<std::filesystem::path> golden_files(std::string_view folder);

/// Calls `use` with each line; returns how many there were.
std::size_t for_each_line(const std::filesystem::path& file,
                          const std::function<void(const Json&)>& use);

[[nodiscard]] Bytes from_hex(std::string_view hex);

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

}  // namespace gregor::tests
