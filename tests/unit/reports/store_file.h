// A place for a file of one test, removed with the test.
#pragma once

#include <stdlib.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace gregor::reports {

class StoreFile {
public:
    StoreFile() {
        std::string name = (std::filesystem::temp_directory_path() / "gregor-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
    }
    ~StoreFile() { std::filesystem::remove_all(folder_); }
    StoreFile(const StoreFile&) = delete;
    StoreFile& operator=(const StoreFile&) = delete;

    [[nodiscard]] std::string path() const { return (folder_ / "runs.sqlite").string(); }
    [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }

    [[nodiscard]] std::string content() const {
        std::ifstream file(path(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    void write(const std::string& content) const {
        std::ofstream file(path(), std::ios::binary);
        file << content;
        REQUIRE(file.flush());
    }

private:
    std::filesystem::path folder_;
};

}  // namespace gregor::reports
