#include "clients/cli/command.h"

#include <algorithm>

namespace gregor::cli {

std::vector<std::string> split_list(std::string_view text) {
    std::vector<std::string> parts(1);
    int depth = 0;
    for (const char c : text) {
        depth += c == '[' ? 1 : 0;
        depth -= c == ']' ? 1 : 0;
        if (c == ',' && depth == 0) {
            parts.emplace_back();
        } else {
            parts.back() += c;
        }
    }
    std::erase(parts, "");
    return parts;
}

std::optional<std::vector<Setting>> parse_settings(const std::vector<std::string>& texts) {
    std::vector<Setting> settings;
    for (const std::string& text : texts) {
        const std::size_t equals = text.find('=');
        if (equals == std::string::npos || equals == 0) {
            complain("'{}' is not key=value", text);
            return std::nullopt;
        }
        std::string value = text.substr(equals + 1);
        if (value.starts_with('[') && value.ends_with(']'))
            value = value.substr(1, value.size() - 2);
        settings.push_back({text.substr(0, equals), std::move(value)});
    }
    return settings;
}

std::string to_table(const std::vector<std::vector<std::string>>& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows) {
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
    }
    std::string text;
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            text += fmt::format("{:<{}}\t", row[i], widths[i]);
        }
        text += '\n';
    }
    return text;
}

}  // namespace gregor::cli
