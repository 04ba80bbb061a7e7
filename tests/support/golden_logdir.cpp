#include "tests/support/golden_logdir.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "tests/support/golden.h"

namespace gregor::golden {

namespace {

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

}  // namespace

std::string unzipped(const std::string& file) {
    const std::filesystem::path path = golden_folder() / "logdir" / file;
    if (!std::filesystem::exists(path)) return {};
    return output_of("gzip -dc '" + path.string() + "'");
}

/// A block of header each, and the content in whole blocks.
Files files_of(const std::string& archive) {
    constexpr std::size_t kBlock = 512;
    constexpr std::size_t kNameSize = 100;
    constexpr std::size_t kSizeAt = 124;
    constexpr std::size_t kTypeAt = 156;
    Files files;
    const std::string tar = unzipped(archive);
    for (std::size_t at = 0; at + kBlock <= tar.size() && tar[at] != '\0';) {
        const std::string name(tar.c_str() + at, ::strnlen(tar.c_str() + at, kNameSize));
        const std::size_t size = std::stoull(tar.substr(at + kSizeAt, 11), nullptr, 8);
        const std::string content = tar.substr(at + kBlock, size);
        if (tar[at + kTypeAt] == '0') files.emplace(name, Bytes::copy_of(content));
        at += kBlock + (size + kBlock - 1) / kBlock * kBlock;
    }
    return files;
}

std::vector<Bytes> segments_of(const Files& files, const std::string& folder) {
    std::vector<Bytes> segments;
    for (const auto& [path, content] : files) {
        if (path.starts_with(folder + "/") && path.ends_with(".log")) segments.push_back(content);
    }
    return segments;
}

}  // namespace gregor::golden
