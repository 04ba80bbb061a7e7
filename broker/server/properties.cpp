#include "broker/server/properties.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

namespace gregor::server {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\f'; }

void append_utf8(std::string& out, std::uint32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xc0 | code >> 6);
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else if (code < 0x10000) {
        out += static_cast<char>(0xe0 | code >> 12);
        out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    } else {
        out += static_cast<char>(0xf0 | code >> 18);
        out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
        out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
        out += static_cast<char>(0x80 | (code & 0x3f));
    }
}

std::optional<std::uint32_t> hex4(std::string_view text) {
    if (text.size() < 4) return std::nullopt;
    std::uint32_t value = 0;
    for (const char c : text.substr(0, 4)) {
        const auto digit =
            std::string_view("0123456789abcdef").find(c >= 'A' && c <= 'F' ? c + 32 : c);
        if (digit == std::string_view::npos) return std::nullopt;
        value = value * 16 + static_cast<std::uint32_t>(digit);
    }
    return value;
}

/// Takes the escapes out of `raw`; nothing when a \u is not one.
std::optional<std::string> unescape(std::string_view raw) {
    std::string out;
    std::uint32_t high_surrogate = 0;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        if (raw[i] != '\\' || i + 1 == raw.size()) {
            if (raw[i] != '\\') out += raw[i];
            continue;
        }
        const char c = raw[++i];
        if (c != 'u') {
            constexpr std::string_view kNamed = "tnrf";
            constexpr std::string_view kMeant = "\t\n\r\f";
            const auto named = kNamed.find(c);
            out += named == std::string_view::npos ? c : kMeant[named];
            continue;
        }
        const std::optional<std::uint32_t> code = hex4(raw.substr(i + 1));
        if (!code) return std::nullopt;
        i += 4;
        if (*code >= 0xd800 && *code < 0xdc00) {
            high_surrogate = *code;
        } else if (*code >= 0xdc00 && *code < 0xe000 && high_surrogate != 0) {
            append_utf8(out, 0x10000 + ((high_surrogate - 0xd800) << 10) + (*code - 0xdc00));
            high_surrogate = 0;
        } else {
            append_utf8(out, *code);
        }
    }
    return out;
}

/// Whether a line goes on in the next one: an odd number of backslashes at its end.
bool goes_on(std::string_view line) {
    std::size_t backslashes = 0;
    while (backslashes < line.size() && line[line.size() - 1 - backslashes] == '\\') ++backslashes;
    return backslashes % 2 == 1;
}

std::string_view without_leading_blanks(std::string_view line) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    return line;
}

/// Splits the text into its natural lines, with any line end.
class Lines {
public:
    explicit Lines(std::string_view text) : rest_(text) {}

    [[nodiscard]] bool done() const { return rest_.empty(); }
    [[nodiscard]] int number() const { return number_; }
    std::string_view next() {
        ++number_;
        const std::size_t end = rest_.find_first_of("\r\n");
        const std::string_view line = rest_.substr(0, end);
        if (end == std::string_view::npos) {
            rest_ = {};
            return line;
        }
        const bool is_crlf = rest_[end] == '\r' && end + 1 < rest_.size() && rest_[end + 1] == '\n';
        rest_.remove_prefix(end + (is_crlf ? 2 : 1));
        return line;
    }

private:
    std::string_view rest_;
    int number_ = 0;
};

/// Where the key of a logical line ends: at a blank, '=' or ':' that no backslash hides.
std::size_t key_end(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        if (line[i] == '\\') {
            ++i;
        } else if (is_blank(line[i]) || line[i] == '=' || line[i] == ':') {
            return i;
        }
    }
    return line.size();
}

}  // namespace

Result<Properties, std::string> parse_properties(std::string_view text) {
    Properties properties;
    Lines lines(text);
    while (!lines.done()) {
        std::string line(without_leading_blanks(lines.next()));
        const int first_line = lines.number();
        if (line.empty() || line.front() == '#' || line.front() == '!') continue;
        while (goes_on(line)) {
            line.pop_back();
            if (lines.done()) break;
            line += without_leading_blanks(lines.next());
        }
        const std::size_t end = key_end(line);
        std::string_view value = without_leading_blanks(std::string_view(line).substr(end));
        if (!value.empty() && (value.front() == '=' || value.front() == ':')) {
            value = without_leading_blanks(value.substr(1));
        }
        std::optional<std::string> key = unescape(std::string_view(line).substr(0, end));
        std::optional<std::string> meant = unescape(value);
        if (!key || !meant)
            return fail(fmt::format("line {}: \\u wants four hex digits", first_line));
        properties[*std::move(key)] = *std::move(meant);
    }
    return properties;
}

std::string key_of_variable(std::string_view variable) {
    constexpr std::string_view kPrefix = "KAFKA_";
    constexpr std::array<std::string_view, 13> kNotKeys{"KAFKA_VERSION",
                                                        "KAFKA_HOME",
                                                        "KAFKA_OPTS",
                                                        "KAFKA_HEAP_OPTS",
                                                        "KAFKA_JMX_OPTS",
                                                        "KAFKA_JMX_HOSTNAME",
                                                        "KAFKA_JMX_PORT",
                                                        "KAFKA_DEBUG",
                                                        "KAFKA_JVM_PERFORMANCE_OPTS",
                                                        "KAFKA_GC_LOG_OPTS",
                                                        "KAFKA_LOG4J_OPTS",
                                                        "KAFKA_LOG4J_LOGGERS",
                                                        "KAFKA_LOG4J_ROOT_LOGLEVEL"};
    if (!variable.starts_with(kPrefix)) return {};
    if (std::ranges::find(kNotKeys, variable) != kNotKeys.end()) return {};
    if (variable == "KAFKA_TOOLS_LOG4J_LOGLEVEL") return {};
    std::string key;
    for (std::size_t i = kPrefix.size(); i < variable.size();) {
        const std::size_t end = std::min(variable.find_first_not_of('_', i), variable.size());
        const std::size_t underscores = end - i;
        if (underscores == 0) {
            const char c = variable[i++];
            key += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
            continue;
        }
        // The longest first, from the left.
        key.append(underscores / 3, '-');
        if (underscores % 3 == 2) key += '_';
        if (underscores % 3 == 1) key += '.';
        i = end;
    }
    return key;
}

}  // namespace gregor::server
